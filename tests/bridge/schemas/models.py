"""Ten pydantic models of different sorts, as agents have them; their own schemas are asked for unchanged."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from ipaddress import IPv4Address
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AnyUrl, BaseModel, ConfigDict, Field, HttpUrl, StringConstraints


class Refund(BaseModel):
    """Money and a reason."""

    order: Annotated[str, Field(pattern=r"^[0-9]{4,8}$", examples=["4711"])]
    amount: Decimal = Field(gt=0, le=Decimal("999.99"), decimal_places=2)
    reason: str = Field(min_length=5, max_length=400, description="Shown to the customer")
    notify: bool = True


class Severity(StrEnum):
    LOW = "low"
    HIGH = "high"
    CRITICAL = "critical"


class Incident(BaseModel):
    """Enums, literals and optional values."""

    severity: Severity = Severity.LOW
    channel: Literal["status page", "email", "both"]
    region: Literal["eu"] = "eu"
    owner: str | None = None
    score: Annotated[int, Field(ge=1, le=10)] | None = None


class Window(BaseModel):
    """Days, times and moments, with and without a zone."""

    day: date
    begins: time = time(22, 30)
    until: datetime | None = None
    decided: datetime = datetime(2026, 1, 31, 9, 30)  # noqa: DTZ001  -- as many models have it
    grace: timedelta | None = None


class Address(BaseModel):
    street: str
    city: str = "Berlin"
    zip: str = Field(pattern=r"^\d{5}$")


class Customer(BaseModel):
    """An object in the form, and one that may be left out."""

    name: str = Field(title="Full name")
    billing: Address
    delivery: Address | None = None


class Port(IntEnum):
    HTTP = 80
    HTTPS = 443


class Server(BaseModel):
    """Addresses, and an enum of numbers."""

    model_config = ConfigDict(extra="forbid", title="Server settings")

    host: IPv4Address
    port: Port = Port.HTTPS
    base: HttpUrl
    docs: AnyUrl | None = None
    id: UUID | None = None


class Labels(BaseModel):
    """Lists of all sorts."""

    tags: list[str] = []
    ports: Annotated[list[int], Field(max_length=3)] = [80, 443]
    days: set[Literal["mon", "tue", "wed"]]
    owners: Annotated[list[Annotated[str, StringConstraints(pattern="^[a-z]+$")]], Field(min_length=1)]
    levels: list[Severity] | None = None


class Training(BaseModel):
    """Numbers with every limit."""

    model_config = ConfigDict(protected_namespaces=())

    rate: float = Field(0.001, gt=0, lt=1)
    epochs: int = Field(10, ge=1, multiple_of=5)
    dropout: float | None = Field(None, ge=0, le=0.5)
    seed: int = Field(42, alias="randomSeed")


class Plan(Enum):
    FREE = "free"
    PRO = 2
    LEGACY = None


class Account(BaseModel):
    """An enum of several types, and a constant."""

    plan: Plan
    version: Literal[3]
    seats: int = Field(default=1, gt=0, json_schema_extra={"x-unit": "people"})


class Feedback(BaseModel):
    """Texts: one long, one of one line, one with a beginning of several lines."""

    summary: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    details: str = Field("", max_length=2_000)
    template: str = "First line\nSecond line"
    would_recommend: bool


class Choice(BaseModel):
    """Many options, and options with the same name as other properties."""

    country: Literal["AT", "BE", "CH", "DE", "FR", "IT", "LU", "NL"]
    zone: int | float = 1
    title: Annotated[str | None, Field(title="Title", deprecated=True)] = None


MODELS: Final[tuple[type[BaseModel], ...]] = (
    Refund, Incident, Window, Customer, Server, Labels, Training, Account, Feedback, Choice,
)  # fmt: skip

ENTERED: Final[dict[type[BaseModel], dict[str, str | list[str]]]] = {
    Refund: {"Order": "4711", "Amount": "12.50"},
    Window: {"Grace": "PT2H"},
    Customer: {
        "Billing: Zip": "10115",
        "Billing: Street": "Main Street 1",
        "Delivery: Street": "",
        "Delivery: City": "",
        "Delivery: Zip": "",
    },
    Server: {"Host": "192.0.2.7", "Id": "123e4567-e89b-12d3-a456-426614174000"},
    Labels: {"Owners": "ana\nbob\n"},
    Training: {"Epochs": "15"},
}
"""What has a form of its own, by the label of its field."""
