"""No early stop: every trial runs to its end."""

from dataclasses import dataclass

from pydantic import ConfigDict

from sweepbox.tuning.schedule.rule import Actions, Event, Plan
from sweepbox.tuning.spec.schema import SpecModel


class NoOptions(SpecModel):
    """Ignores the options of other rules, so that one word in a sweep file switches its rule off."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True)
class NoStopping:
    """Stops no trial."""

    options: NoOptions
    plan: Plan

    def initial_state(self) -> None:
        """Return None: there is no state."""
        return

    def decide(self, state: None, event: Event) -> tuple[None, Actions]:  # noqa: ARG002 - the seam's signature
        """Return no actions."""
        return None, {}
