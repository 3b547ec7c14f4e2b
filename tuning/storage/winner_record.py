"""`winner.json`: the winner of a sweep as it was written last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.json_text import read_json
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.winner_content import check_content


@dataclass(frozen=True)
class WinnerRecord:
    """The content of `winner.json`; earlier versions wrote fewer keys."""

    content: Mapping[str, Any]

    @property
    def trial(self) -> str:
        """The trial whose weights are exported."""
        return str(self.content["trial"])

    @property
    def confirmation(self) -> Mapping[str, Any] | None:
        """How the winner was confirmed, None where it is the best of the search alone."""
        found = self.content.get("confirmation")
        return found if isinstance(found, dict) else None

    @property
    def is_frozen(self) -> bool:
        """Whether the choice among the finalists is made."""
        return self.confirmation is not None

    @property
    def test_looks(self) -> list[Mapping[str, Any]]:
        """The readings of the test part, the first first."""
        return list(self.content.get("test_looks") or [])

    def is_choice_of(self, spec: ConfirmSpec, searched: int) -> bool:
        """Return whether the choice was made by this `confirm` among the finalists of so many ended trials."""
        found = self.confirmation
        wanted = {"top": spec.top, "seeds": spec.seeds, "folds": spec.folds, "searched": searched}
        return found is not None and {key: found.get(key) for key in wanted} == wanted

    def is_complete_for(self, spec: ConfirmSpec, searched: int) -> bool:
        """Return whether that choice was made, and the test part was read where there is one."""
        found = self.confirmation or {}
        return self.is_choice_of(spec, searched) and found.get("complete") is True


def read_winner(folder: SweepFolder) -> WinnerRecord | None:
    """Return what `winner.json` holds, None where there is none; SweepError where it is damaged."""
    try:
        content = read_json(folder.winner)
        check_content(content)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SweepError(
            f"{folder.winner}: damaged ({error}); restore it, or delete it and resume the sweep, which "
            "writes it again"
        ) from error
    return WinnerRecord(content)
