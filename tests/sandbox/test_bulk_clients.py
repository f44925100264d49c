"""HubSpot's two Python clients import, export, and keep files; the new one checks every reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hubspot.crm.exports import PublicExportRequest
from hubspot.files import FolderInput

sdk = pytest.importorskip(
    "hubspot_sdk", reason="hubspot-sdk is not installed; it comes with leadscore's extra `test`"
)

CSV = "Mail,Given\nann@example.com,Ann\nben,Ben\n"
PRIVATE = json.dumps({"access": "PRIVATE"})
VIEW: dict[str, Any] = {
    "export_type": "VIEW",
    "export_name": "Everyone",
    "format": "CSV",
    "language": "EN",
    "object_type": "CONTACT",
    "object_properties": ["email"],
    "export_internal_values_options": ["NAMES"],
}
MORE: dict[str, Any] = {
    "associated_object_type": [],
    "include_labeled_associations": False,
    "include_primary_display_property_for_associated_objects": False,
    "override_associated_objects_per_definition_per_row_limit": False,
    "public_crm_search_request": {"filters": [], "sorts": [], "query": ""},
}


@pytest.fixture
def new(url, portal):
    options = {"max_retries": 0, "_strict_response_validation": True}
    with sdk.HubSpot(access_token=portal.token, base_url=url, **options) as client:
        yield client


@pytest.fixture
def leads(tmp_path) -> str:
    path = tmp_path / "leads.csv"
    path.write_text(CSV)
    return str(path)


def request() -> str:
    columns = {"Mail": "email", "Given": "firstname"}
    mappings = [
        {"columnObjectTypeId": "0-1", "columnName": column, "propertyName": name}
        for column, name in columns.items()
    ]
    page = {"hasHeader": True, "columnMappings": mappings}
    file = {"fileName": "leads.csv", "fileFormat": "CSV", "fileImportPage": page}
    return json.dumps({"name": "Leads", "files": [file]})


def test_the_official_client_imports_a_file(client, leads, clock):
    api = client.crm.imports
    made = api.core_api.create(files=leads, import_request=request())
    clock.time += 2
    assert api.core_api.get_by_id(made.id).state == "DONE"
    (error,) = api.public_imports_api.get_errors(made.id).results
    assert (error.error_type, error.source_data.line_number) == ("INVALID_EMAIL", 3)


def test_the_new_client_imports_a_file_and_cancels_the_next_one(new, clock):
    api = new.crm.imports
    file = ("leads.csv", CSV.encode(), "text/csv")
    made = api.create(files=file, import_request=request())
    clock.time += 2
    assert api.get(int(made.id)).state == "DONE"
    errors = api.list_errors(int(made.id), include_error_message=True, include_row_data=True)
    assert [one.source_data.row_data for one in errors] == [["ben", "Ben"]]
    next_one = api.create(files=file, import_request=request())
    assert api.cancel(int(next_one.id)).status == "COMPLETE"
    assert [one.state for one in api.list()] == ["DONE", "CANCELED"]


def test_the_official_client_exports(client, add, clock):
    add(email="ann@example.com")
    api = client.crm.exports.public_exports_api
    task = api.start(PublicExportRequest(**VIEW)).id
    assert (api.get_status(task).status, api.get_status(task).result) == ("PENDING", None)
    clock.time += 2
    assert api.get_status(task).result.endswith("/Everyone.csv")


def test_the_new_client_exports(new, clock):
    api = new.crm.exports
    task = int(api.create_async(**VIEW, **MORE).id)
    assert (api.get_status(task).status, api.get(task).export_state) == ("PENDING", "ENQUEUED")
    clock.time += 2
    assert api.get_status(task).result.endswith("/Everyone.csv")
    assert api.get(task).record_count == 0


def test_the_official_client_keeps_files_and_folders(client, leads):
    api, folders = client.files.files_api, client.files.folders_api
    made = api.upload(file=leads, folder_path="/lists", file_name="leads.csv", options=PRIVATE)
    assert (made.path, made.size) == ("/lists/leads.csv", len(CSV))
    assert api.get_metadata("lists/leads.csv").file.id == made.id
    assert [one.id for one in api.do_search(name="lead").results] == [made.id]
    assert api.get_signed_url(made.id).url
    assert folders.create(FolderInput(name="more")).path == "/more"
    folders.archive_by_path("lists")
    assert api.do_search().results == []


def test_the_new_client_keeps_files_and_folders(new):
    api, folders = new.files.file_assets, new.files.folders
    file = ("leads.csv", CSV.encode(), "text/csv")
    made = api.upload(file=file, folder_path="/lists", file_name="leads.csv", options=PRIVATE)
    assert api.get_signed_url(made.id).size == len(CSV)
    assert api.update(made.id, clear_expires=False, name="people").name == "people"
    shorter = ("leads.csv", b"Mail\n", "text/csv")
    assert api.replace(made.id, file=shorter, options=PRIVATE, charset_hunch="utf-8").size == 5
    assert [one.id for one in api.search(parent_folder_ids=[int(made.parent_folder_id)])] == [
        made.id
    ]
    assert folders.update_by_id(made.parent_folder_id, name="tables").path == "/tables"
    task = folders.update_async_by_id(id=made.parent_folder_id, name="lists").id
    assert folders.get_update_async_status(task).status == "COMPLETE"
    api.delete(made.id)
    assert list(api.search()) == []
