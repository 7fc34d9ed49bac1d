"""Settings of personal data (个人信息): how long it is kept, how often it is shown in clear."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class PersonalSettings(BaseModel):
    """Variables PERSONAL_…; docs/personal-data.md says what each number of days is for, and who decides it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    kept_days: int = Field(
        365, ge=180, le=3650, description="days from a case's end until everything personal of it is erased"
    )
    documents_days: int = Field(
        180, ge=30, le=3650, description="days from a case's end until the papers that the applicant brought are erased"
    )
    erased_at_once: int = Field(2000, ge=1, description="cases erased in one night at most")
    unmask_per_hour: int = Field(
        20, ge=1, le=1000, description="how often one login is shown personal data in clear within an hour"
    )

    @model_validator(mode="after")
    def _papers_first(self) -> "PersonalSettings":
        if self.documents_days > self.kept_days:
            raise ValueError("PERSONAL_DOCUMENTS_DAYS is more than PERSONAL_KEPT_DAYS")
        return self
