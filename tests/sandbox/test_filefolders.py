FOLDERS = "/files/v3/folders"


def made(http, name, parent=None):
    body = {"name": name} | ({"parentFolderId": parent} if parent else {})
    return http.post(FOLDERS, body)


def test_a_folder_is_found_by_its_id_and_by_its_path(http):
    outer = made(http, "pets").json
    inner = made(http, "cats", outer["id"])
    assert (inner.status, inner.json["path"]) == (201, "/pets/cats")
    assert http.get(f"{FOLDERS}/{inner.json['id']}").json == inner.json
    assert http.get(f"{FOLDERS}/pets/cats").json == inner.json
    assert http.get(f"{FOLDERS}/dogs").status == 404


def test_a_folder_of_the_same_name_is_a_conflict(http):
    assert [made(http, "pets").status for _ in range(2)] == [201, 409]


def test_a_folder_is_renamed_and_never_moved_into_itself(http):
    outer = made(http, "pets").json
    inner = made(http, "cats", outer["id"]).json
    there = f"{FOLDERS}/{outer['id']}"
    assert http("PATCH", there, {"name": "zoo"}).json["path"] == "/zoo"
    assert http.get(f"{FOLDERS}/{inner['id']}").json["path"] == "/zoo/cats"
    assert http("PATCH", there, {"parentFolderId": inner["id"]}).status == 400


def test_a_folder_goes_with_all_that_is_in_it(http):
    outer = made(http, "pets").json
    inner = made(http, "cats", outer["id"]).json
    assert http("DELETE", f"{FOLDERS}/{outer['id']}").status == 204
    assert http.get(f"{FOLDERS}/{inner['id']}").status == 404


def test_folders_are_searched_by_name_and_by_parent(http):
    outer = made(http, "pets").json
    inner = made(http, "cats", outer["id"]).json
    assert http.get(f"{FOLDERS}/search", name="cat").ids == [inner["id"]]
    assert http.get(f"{FOLDERS}/search", parentFolderIds=outer["id"]).ids == [inner["id"]]


def test_a_change_in_the_background_has_a_task(http):
    folder = made(http, "pets").json
    task = http.post(f"{FOLDERS}/update/async", {"id": folder["id"], "name": "zoo"})
    assert task.status == 202
    status = http.get(f"{FOLDERS}/update/async/tasks/{task.json['id']}/status").json
    assert (status["status"], status["result"]["path"]) == ("COMPLETE", "/zoo")
