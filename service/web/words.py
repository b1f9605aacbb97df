"""What codes in the publication mean in a reader's words."""

from metrics.metric import REASONS
from service.language import N_, Language
from service.models import PublishedValue

HIDDEN = {
    "small_group": N_("group too small"),
    "complementary": N_("hidden to protect another group"),
    "difference": N_("hidden to protect another group"),
    "homogeneity": N_("hidden because it concerns nearly everybody or nearly nobody"),
    "dominance": N_("hidden because few people decide the value"),
}

UNKNOWN = {
    "no_data": N_("no data were collected"),
    "no_people": N_("nobody stands behind it"),
}

GAPS = {
    "access_denied": N_("the account may not read it"),
    "not_found": N_("gone or hidden"),
    "broken": N_("the platform's answer could not be used"),
    "not_due": N_("will be read later"),
    "unsupported": N_("the platform does not offer it"),
    "unreachable": N_("the platform could not be reached"),
    "personal_space": N_("personal spaces are left out on purpose"),
    "system_message": N_("messages of the system are left out on purpose"),
    "concealed": N_("the tenant conceals names in its reports"),
    "unmatched": N_("accounts without a shared id"),
}

KINDS = {
    "view": N_("Views"),
    "react": N_("Reactions"),
    "comment": N_("Comments"),
    "reply": N_("Replies"),
    "create": N_("New pages and posts"),
    "edit": N_("Edits"),
    "message": N_("Messages"),
    "join": N_("Joining rooms"),
    "leave": N_("Leaving rooms"),
    "withdraw": N_("Reactions taken back"),
    "delete": N_("Deletions"),
    "identity": N_("People recognised on several platforms"),
    "views_linked": N_("Views linked to a known content"),
}

PURPOSES = {
    "official": N_("Official information"),
    "team": N_("Team"),
    "community": N_("Community"),
    "project": N_("Project"),
}

WINDOWS = {"week": N_("weeks"), "days28": N_("28-day periods"), "weeks26": N_("half-years")}


def said(codes: dict[str, str], code: str, language: Language) -> str:
    """The words for a code; a code without words is shown readably rather than left out."""
    return language.text(codes[code]) if code in codes else code.replace("_", " ")


def hidden(cell: PublishedValue | None, language: Language) -> str:
    """Why a cell shows no value, and the bound it stays within where one may be told; '' where it shows one."""
    reason = why(cell, language)
    bound = "" if cell is None or cell.state != "suppressed" else _bound(cell, language)
    return f"{bound} ({reason})" if bound else reason


def why(cell: PublishedValue | None, language: Language) -> str:
    """The reason alone; '' where the cell shows its value."""
    if cell is None:
        return language.text("not measured")
    reason = cell.reason or ""
    match cell.state:
        case "published":
            return ""
        case "suppressed":
            return said(HIDDEN, reason, language)
    if reason in REASONS:
        return language.text("not known: %(why)s", why=language.label(REASONS[reason]))
    return language.text("not known: %(why)s", why=said(UNKNOWN, reason, language))


def briefly(cell: PublishedValue | None, language: Language) -> str:
    """The same in a word or two, for narrow places where the whole reason stands nearby; '' where a value is shown."""
    if cell is None:
        return language.text("not measured")
    if cell.state == "published":
        return ""
    if cell.state == "unknown":
        return language.text("not known")
    if bound := _bound(cell, language):
        return bound
    return language.text("group too small") if cell.reason == "small_group" else language.text("hidden")


def gap(reason: str, language: Language) -> str:
    """Why something could not be read."""
    if reason.startswith("stream_"):
        return language.text("reading broke off and is tried again")
    return said(GAPS, reason, language)


def _bound(cell: PublishedValue, language: Language) -> str:
    """The coarse bound told of a hidden share, where one is."""
    if cell.low is None or cell.high is None:
        return ""
    if cell.low == 0:
        return language.text("at most %(share)s", share=language.percent(cell.high))
    if cell.high < 1:
        ends = {"low": language.percent(cell.low), "high": language.percent(cell.high)}
        return language.text("between %(low)s and %(high)s", **ends)
    return language.text("at least %(share)s", share=language.percent(cell.low))
