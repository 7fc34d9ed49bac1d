"""Settings of messages to applicants (办件提醒), messages.md."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from runtime.partner_settings import BaseUrl, Seconds


class SmsSettings(BaseModel):
    """Variables SMS_… for the short-message gateway; without SMS_BASE_URL nothing is sent to phones."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    base_url: BaseUrl | None = Field(
        None, description="the short-message gateway; /messages is added. Empty: no short messages, letters instead"
    )
    account: str = Field("", description="our account with the gateway, X-Sms-Account")
    key: SecretStr = Field(SecretStr(""), description="key that signs what we send to the gateway")
    receipt_key: SecretStr = Field(
        SecretStr(""), description="key that signs the gateway's receipts to /callbacks/sms; empty: none are taken"
    )
    every_s: Seconds = Field(5, description="seconds between looks for messages that are due")
    quiet_from_hour: int = Field(21, ge=0, le=23, description="no messages from this hour on, local time")
    quiet_to_hour: int = Field(8, ge=0, le=23, description="until this hour; urgent ones (a visit, a code) go out")

    @model_validator(mode="after")
    def _whole(self) -> "SmsSettings":
        if self.base_url is not None and not (self.account and self.key.get_secret_value()):
            raise ValueError("SMS_BASE_URL needs SMS_ACCOUNT and SMS_KEY")
        return self
