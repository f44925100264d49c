"""The properties that HubSpot defines on tasks, notes, calls, meetings, emails and custom objects.

Names are those of HubSpot API docs, "Tasks", "Notes", "Calls", "Meetings" and "Email"; types are
what these pages say of the values, labels are sensible, not exact. The lines are as in
``standard``.
"""

from __future__ import annotations

__all__ = ["ACTIVITIES", "COMMON", "OPTIONS"]

OPTIONS = {
    "@taskstatus": "NOT_STARTED;IN_PROGRESS;WAITING;COMPLETED;DEFERRED",
    "@priority": "NONE;LOW;MEDIUM;HIGH",
    "@tasktypes": "EMAIL;CALL;TODO;LINKED_IN_CONNECT;LINKED_IN_MESSAGE;MEETING",
    "@calldirections": "INBOUND;OUTBOUND",
    "@callstatus": (
        "BUSY;CALLING_CRM_USER;CANCELED;COMPLETED;CONNECTING;FAILED;IN_PROGRESS;MISSED;NO_ANSWER;"
        "QUEUED;RINGING"
    ),
    "@outcomes": "SCHEDULED;COMPLETED;RESCHEDULED;NO_SHOW;CANCELED",
    "@directions": "EMAIL;INCOMING_EMAIL;FORWARDED_EMAIL",
    "@emailstatus": "BOUNCED;FAILED;SCHEDULED;SENDING;SENT",
}
COMMON = """
hs_createdate datetime/date ro | Create date
hs_lastmodifieddate datetime/date ro | Last modified date
hs_object_id number/number ro | Record ID
hs_merged_object_ids enumeration/checkbox external ro | Merged record IDs
hubspot_owner_id enumeration/select external | Owner
hubspot_owner_assigneddate datetime/date ro | Owner assigned date
hubspot_team_id enumeration/select external ro | Team
"""
_ALWAYS = """
hs_timestamp datetime/date | Activity date
hs_body_preview string/text ro | Body preview
hs_attachment_ids string/text | Attached file IDs
hs_created_by number/number ro | Activity created by
"""
_OWN = {
    "tasks": """
hs_task_subject string/text | Task title
hs_task_body string/html | Task notes
hs_task_status enumeration/select | Task status | @taskstatus
hs_task_priority enumeration/select | Priority | @priority
hs_task_type enumeration/select | Task type | @tasktypes
hs_task_reminders string/text | Reminders
hs_task_completion_date datetime/date ro | Completed at
hs_queue_membership_ids string/text | Queue
""",
    "notes": """
hs_note_body string/html | Note body
""",
    "calls": """
hs_call_title string/text | Call title
hs_call_body string/html | Call notes
hs_call_callee_object_id number/number | Recipient
hs_call_direction enumeration/select | Call direction | @calldirections
hs_call_disposition string/text | Call outcome
hs_call_duration number/number | Call duration
hs_call_from_number string/text | From number
hs_call_to_number string/text | To number
hs_call_recording_url string/text | Recording URL
hs_call_status enumeration/select | Call status | @callstatus
hs_call_source string/text | Call source
hs_activity_type string/text | Call and meeting type
""",
    "meetings": """
hs_meeting_title string/text | Meeting name
hs_meeting_body string/html | Meeting description
hs_internal_meeting_notes string/html | Internal meeting notes
hs_meeting_external_url string/text | Meeting link
hs_meeting_location string/text | Meeting location
hs_meeting_start_time datetime/date | Meeting start time
hs_meeting_end_time datetime/date | Meeting end time
hs_meeting_outcome enumeration/select | Meeting outcome | @outcomes
hs_activity_type string/text | Call and meeting type
""",
    "emails": """
hs_email_subject string/text | Email subject
hs_email_text string/textarea | Email body
hs_email_html string/html | Email HTML
hs_email_direction enumeration/select | Email direction | @directions
hs_email_status enumeration/select | Email send status | @emailstatus
hs_email_headers string/text | Email headers
""",
}
ACTIVITIES = {name: COMMON + _ALWAYS + own for name, own in _OWN.items()}
