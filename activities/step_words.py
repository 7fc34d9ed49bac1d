"""Every activity's name in words, as the person reads it who must mend a step that cannot succeed."""

from collections.abc import Mapping
from typing import Final

from activities.commands import Commands
from activities.job_loop import JobLoop
from activities.licence_checks import LicenceChecks
from activities.paper_look import PaperLook
from activities.parcel_booking import ParcelBooking
from activities.parcel_closing import ParcelClosing
from activities.records import Records

STEPS: Final[Mapping[str, str]] = {
    activity.__name__: words
    for activity, words in (
        (Records.record, "记录办件进展"),
        (Records.record_all, "记录办件进展"),
        (Commands.send_command, "向对方系统发送"),
        (Commands.pass_on, "向对方系统转递"),
        (Commands.fetch_file, "向对方系统取文件"),
        (PaperLook.look_at_papers, "查看材料清点"),
        (ParcelBooking.book_leg, "预约寄递"),
        (ParcelBooking.begin_leg, "预约和安排寄递"),
        (ParcelBooking.look_after, "安排和查看寄递"),
        (ParcelClosing.close_leg, "停止寄递"),
        (ParcelClosing.end_leg, "了结寄递"),
        (ParcelClosing.result_of, "查询寄递结果"),
        (ParcelClosing.is_damage_open, "查看破损邮件的核对"),
        (LicenceChecks.check_licences, "核验电子证照"),
        (JobLoop.run_job, "定时任务"),
        (JobLoop.run_daily_job, "每日对账"),
    )
}
"""Activity type → words."""
