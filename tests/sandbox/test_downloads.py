from leadscore.sandbox.downloads import drop, keep


def test_a_link_that_nobody_gave_out_is_refused(http):
    assert http.get("/downloads/0123/x.csv").status == 403


def test_what_was_dropped_is_gone(portal):
    keep(portal, "one", b"1", name="one.txt", kind="text/plain")
    drop(portal, "one")
    assert portal.shelf("contents") == {}


def test_a_download_is_saved_and_not_shown(http):
    fields = {"options": '{"access":"PRIVATE"}', "folderPath": "/"}
    made = http.form("POST", "/files/v3/files", file=("x.html", b"<p>", "text/html"), **fields)
    link = http.get(f"/files/v3/files/{made.json['id']}/signed-url").json["url"]
    answer = http("GET", link.removeprefix(http.url))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
