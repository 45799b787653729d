"""What of config.yml binds the embedded engine: rules alone decide. The pipeline is for a Rasa server; we read messages ourselves."""

from pathlib import Path

from dialogs.project.located import Located, read

RULE_POLICY = {"name": "RulePolicy", "enable_fallback_prediction": False}


def check_configuration(path: Path) -> None:
    """Refuse a policy that the embedded engine does not have: the same conversation would be decided in two ways."""
    parts = read(path).fields("recipe", "version", "language", "assistant_id", "pipeline", "policies")
    for policy in parts["policies"].items():
        _check(policy)


def _check(policy: Located) -> None:
    fields = policy.fields(*RULE_POLICY, "check_for_contradictions")
    name = fields["name"].text()
    if name != "RulePolicy":
        raise fields["name"].refuse(f"the policy {name!r} is not read: rules alone decide")
    for key, wanted in RULE_POLICY.items():
        if key in fields and fields[key].plain() != wanted:
            raise fields[key].refuse(f"{key} is {wanted!r} here: no action is taken that no rule names")
