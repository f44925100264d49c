SETTING, STATUS = "/__sandbox/marketing", "hs_marketable_status"


def made(http, objects, **values):
    body = {"properties": {"lastname": "x"} | values}
    return http.post(objects, body)


def status(http, objects, contact):
    return http.get(f"{objects}/{contact}?properties={STATUS}").json["properties"][STATUS]


def test_new_contacts_begin_as_the_portals_setting_says(http, objects):
    before = made(http, objects).json["id"]
    assert http.post(SETTING, {"apps": True}).status == 200
    on = made(http, objects).json["id"]
    assert http.post(SETTING, {"apps": False}).status == 200
    off = made(http, objects).json["id"]
    assert [status(http, objects, one) for one in (before, on, off)] == [None, "true", "false"]


def test_no_call_sets_the_status(http, objects):
    assert made(http, objects, **{STATUS: "true"}).status == 400
    assert http.post(SETTING, {"apps": "yes"}).status == 400
