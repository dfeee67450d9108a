"""What a reveal's picture says, in lines for a terminal."""

from stories.people.page import Message


def described(picture: Message) -> list[str]:
    """The picture of a telling as a few lines of text."""
    score = picture.get("score") or {}
    lines = [f"telling {picture['number']}: {picture['seconds']} s, source {picture.get('source', 'C')}"]
    if score.get("reason"):
        lines.append(f"no reading: {score['reason']}")
    elif score.get("verdict"):
        lines.append(
            f"verdict {score['verdict']}: r {score.get('r')} ({score.get('low')} to {score.get('high')}), "
            f"chance {score.get('chance')}, lag {score.get('lag_s')} s, {score.get('listeners')} listeners"
        )
    for what in ("together", "apart"):
        if mark := picture.get(what):
            lines.append(f"most {what}: {mark['from_s']} to {mark['to_s']} s")
    if call := picture.get("call"):
        lines.append(f"the Call: {call['right']} of {call['of']} found it; guessing finds {call['expected']}")
    if picture.get("heard"):
        lines.append(f"felt heard: {picture['heard']} of 5")
    if picture.get("replay"):
        lines.append(f"replay: /r/{picture['replay']}")
    return lines
