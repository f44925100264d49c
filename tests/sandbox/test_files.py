import json

import pytest

FILES = "/files/v3/files"
PRIVATE = json.dumps({"access": "PRIVATE"})
PUBLIC = json.dumps({"access": "PUBLIC_NOT_INDEXABLE"})
CAT = ("cat.txt", b"meow", "text/plain")


@pytest.fixture
def up(http):
    def send(file=CAT, folder="/pets", access="PRIVATE", **more):
        options = json.dumps({"access": access} | more.pop("options", {}))
        return http.form("POST", FILES, file=file, folderPath=folder, options=options, **more)

    return send


def fetched(http, link):
    return http("GET", link.removeprefix(http.url), headers={"Authorization": ""})


@pytest.mark.parametrize("path", [FILES, "/files/2026-03/files", "/files/2026-09/files"])
def test_a_file_goes_up_and_is_there(http, path):
    made = http.form("POST", path, file=CAT, folderPath="/pets", options=PRIVATE)
    assert made.status == 201
    read = http.get(f"{path}/{made.json['id']}").json
    assert read == made.json
    facts = ("name", "extension", "path", "size", "access", "type", "archived")
    assert [read[key] for key in facts] == [
        *("cat", "txt", "/pets/cat.txt", 4, "PRIVATE", "DOCUMENT", False)
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"file": CAT, "folderPath": "/pets"},
        {"file": CAT, "folderPath": "/pets", "options": "{}"},
        {"file": CAT, "folderPath": "/pets", "options": '{"access":"EVERYONE"}'},
        {"file": CAT, "folderPath": "/pets", "options": "nonsense"},
        {"file": CAT, "options": PRIVATE},
        {"file": CAT, "folderPath": "/pets", "folderId": "1", "options": PRIVATE},
        {"folderPath": "/pets", "options": PRIVATE},
        {"file": "text", "folderPath": "/pets", "options": PRIVATE},
        {"file": CAT, "folderPath": "/", "fileName": "a/b.txt", "options": PRIVATE},
    ],
)
def test_an_upload_needs_a_file_its_access_and_one_folder(http, fields):
    assert http.form("POST", FILES, **fields).status == 400


def test_an_unknown_folder_id_is_a_404(http):
    answer = http.form("POST", FILES, file=CAT, folderId="7", options=PRIVATE)
    assert (answer.status, answer.json["category"]) == (404, "OBJECT_NOT_FOUND")


def test_a_second_file_of_the_same_name_gets_a_number(up):
    names = [up().json["path"] for _ in range(3)]
    assert names == ["/pets/cat.txt", "/pets/cat-1.txt", "/pets/cat-2.txt"]


def test_overwriting_deletes_the_old_file_and_gives_a_new_id(http, up):
    old, new = up().json, up(options={"overwrite": True}).json
    assert (new["path"], new["id"] == old["id"]) == ("/pets/cat.txt", False)
    assert http.get(f"{FILES}/{old['id']}").status == 404


def test_a_duplicate_by_content_can_be_refused_or_returned(up):
    first = up().json
    again = {"duplicateValidationStrategy": "RETURN_EXISTING"}
    assert up(("dog.txt", b"meow"), options=again).json["id"] == first["id"]
    refuse = {"duplicateValidationStrategy": "REJECT"}
    assert up(options=refuse).status == 409
    here = refuse | {"duplicateValidationScope": "EXACT_FOLDER"}
    assert up(folder="/other", options=here).status == 201


@pytest.mark.parametrize(
    ("ttl", "status"), [("P1D", 201), ("P1Y", 201), ("P2Y", 400), ("P0D", 400), ("1d", 400)]
)
def test_a_file_lives_from_one_day_to_one_year_if_told_so(up, ttl, status):
    assert up(options={"ttl": ttl}).status == status


def test_a_file_is_gone_when_its_time_is_over(http, up, clock):
    made = up(options={"ttl": "P1D"}).json
    clock.time += 86_399
    assert http.get(f"{FILES}/{made['id']}").status == 200
    clock.time += 1
    assert http.get(f"{FILES}/{made['id']}").status == 404


def test_a_signed_link_shows_a_private_file_until_it_expires(http, up, clock):
    made = up().json
    signed = http.get(f"{FILES}/{made['id']}/signed-url", expirationSeconds=60).json
    assert (signed["name"], signed["size"]) == ("cat", 4)
    assert fetched(http, signed["url"]).text == "meow"
    clock.time += 60
    assert fetched(http, signed["url"]).status == 403


def test_only_public_files_are_shown_at_their_own_address(http, up):
    public = up(access="PUBLIC_NOT_INDEXABLE").json
    assert fetched(http, public["url"]).text == "meow"
    assert fetched(http, up(access="PRIVATE").json["url"]).status == 404


def test_a_file_is_replaced_under_its_id(http, up):
    made = up().json
    new = http.form("PUT", f"{FILES}/{made['id']}", file=("x.txt", b"purrr"), options=PUBLIC)
    assert (new.status, new.json["id"], new.json["size"]) == (200, made["id"], 5)
    assert (new.json["name"], new.json["access"]) == ("cat", "PUBLIC_NOT_INDEXABLE")
    other = http.form("PUT", f"{FILES}/{made['id']}", file=("x.png", b"purrr"))
    assert other.status == 400


def test_a_file_is_renamed_moved_and_deleted(http, up):
    where = f"{FILES}/{up().json['id']}"
    body = {"name": "lion", "parentFolderPath": "/zoo", "access": "PUBLIC_INDEXABLE"}
    changed = http("PATCH", where, body)
    assert (changed.status, changed.json["path"]) == (200, "/zoo/lion.txt")
    assert http("PATCH", where, {"access": "NOBODY"}).status == 400
    assert http("DELETE", where).status == 204
    assert http("DELETE", where).status == http.get(where).status == 404


@pytest.mark.parametrize("name", ["Straße 7.txt", "名前.txt", "a b&c=d'\".txt", "..cat.txt"])
def test_odd_names_come_back_as_they_were(http, up, name):
    made = up(fileName=name).json
    assert made["path"] == f"/pets/{name}"
    link = http.get(f"{FILES}/{made['id']}/signed-url").json["url"]
    assert fetched(http, link).text == "meow"


def test_a_free_portal_takes_files_of_up_to_twenty_megabytes(portal, up):
    portal.tier = "free"
    assert up(("big.bin", b"0" * (20 * 2**20))).status == 201
    assert up(("big.bin", b"0" * (20 * 2**20 + 1))).status == 400


def test_files_are_found_by_what_they_are(http, up):
    small, large = up().json, up(("dog.md", b"woof woof")).json
    search = f"{FILES}/search"
    assert http.get(search, name="CA").ids == [small["id"]]
    assert http.get(search, extension="md").ids == [large["id"]]
    assert http.get(search, sizeGte=5).ids == [large["id"]]
    assert http.get(search, parentFolderIds=small["parentFolderId"], sort="-size").ids == [
        large["id"],
        small["id"],
    ]
    first = http.get(search, limit=1)
    assert first.ids == [small["id"]]
    assert http.get(search, after=first.json["paging"]["next"]["after"]).ids == [large["id"]]


def test_the_file_at_a_path_is_told(http, up):
    made = up().json
    assert http.get(f"{FILES}/stat/pets/cat.txt").json["file"]["id"] == made["id"]


def test_nothing_is_fetched_from_the_network(http):
    body = {"url": "https://example.com/cat.png", "access": "PRIVATE", "folderPath": "/"}
    assert http.post(f"{FILES}/import-from-url/async", body).status == 501


def test_files_need_their_scope(http, portal):
    portal.scopes = {"crm.objects.contacts.read"}
    assert http.get(f"{FILES}/search").status == 403
