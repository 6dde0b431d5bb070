# SPDX-License-Identifier: Apache-2.0
"""Judges a page of metrics with Prometheus' own parser and promtool, and the alerts and dashboard by that page.

Usage: check_monitoring.py METRICS_FILE. Prints what is wrong and exits with 1, or prints "checked".
"""

import json
import pathlib
import re
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/martlet.rules.yml"
DASHBOARD = ROOT / "deploy/grafana/martlet.json"
RUNBOOK = ROOT / "docs/runbook.md"

# docs/specification/contract.md section 9: family, type, labels.
CONTRACT = {
    "martlet_ingest_requests": ("counter", {"provider", "source", "outcome"}),
    "martlet_ingest_seconds": ("histogram", set()),
    "martlet_events": ("counter", {"provider", "type"}),
    "martlet_attempts": ("counter", {"endpoint", "outcome"}),
    "martlet_attempt_seconds": ("histogram", set()),
    "martlet_deliveries": ("gauge", {"state"}),
    "martlet_oldest_due_seconds": ("gauge", set()),
    "martlet_endpoint_state": ("gauge", {"endpoint", "state"}),
    "martlet_store_commit_seconds": ("histogram", set()),
    "martlet_quarantine": ("gauge", {"source"}),
    "martlet_watches": ("gauge", {"source", "state"}),
}
# Beyond the contract.
FURTHER = {
    "martlet_ready": ("gauge", set()),
    "martlet_store_bytes": ("gauge", set()),
    "martlet_store_free_bytes": ("gauge", set()),
    "martlet_quarantine_oldest_seconds": ("gauge", {"source"}),
    "martlet_sweep_age_seconds": ("gauge", {"source"}),
    "martlet_sweep_missed": ("counter", {"source"}),
    "martlet_admin_refusals": ("counter", {"reason"}),
}


def check_families(families):
    """Names, types, help texts and labels; other families are welcome if they are well formed."""
    for name, (kind, labels) in {**CONTRACT, **FURTHER}.items():
        family = families.get(name)
        if family is None:
            yield f"{name} is missing"
            continue
        if family.type != kind:
            yield f"{name} is a {family.type}, not a {kind}"
        for sample in family.samples:
            found = set(sample.labels) - ({"le"} if kind == "histogram" else set())
            if found != labels:
                yield f"{sample.name} has the labels {sorted(found)}, not {sorted(labels)}"
    for name, family in families.items():
        if not name.startswith("martlet_"):
            yield f"{name} does not say whose it is"
        if not family.documentation.endswith("."):
            yield f"{name} has no help text that is a sentence"
        if family.type not in ("counter", "gauge", "histogram"):
            yield f"{name} has no type"


def check_histograms(families):
    """Cumulative buckets that end in +Inf and agree with the count."""
    for name, family in families.items():
        if family.type != "histogram":
            continue
        buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
        counts = [sample.value for sample in buckets]
        total = next(sample.value for sample in family.samples if sample.name.endswith("_count"))
        if counts != sorted(counts) or buckets[-1].labels["le"] != "+Inf" or counts[-1] != total:
            yield f"{name}: the buckets do not add up"


def check_samples(families):
    """What the page must say after what the test has done."""
    def value(sample_name, **labels):
        for family in families.values():
            for sample in family.samples:
                if sample.name == sample_name and sample.labels == labels:
                    return sample.value
        return None

    if value("martlet_ingest_requests_total", provider="cryptomus", source="main", outcome="accepted") != 2:
        yield "two callbacks were accepted, and the page does not say so"
    if value("martlet_ready") != 1:
        yield "the gateway is ready, and the page does not say so"
    if value("martlet_quarantine", source="cryptomus/main") != 1:
        yield "a callback is in quarantine, and the page does not say so"
    if not value("martlet_store_bytes") or not value("martlet_store_free_bytes"):
        yield "the store takes room, and the page does not say so"
    states = [sample for sample in families["martlet_endpoint_state"].samples if sample.labels["endpoint"] == "ledger"]
    if sum(sample.value for sample in states) != 1:
        yield "an endpoint is in exactly one state"


def metrics_of(expression):
    return set(re.findall(r"\bmartlet_[a-z_]+", expression))


def check_expressions(names, expressions):
    for place, expression in expressions:
        for metric in sorted(metrics_of(expression) - names):
            yield f"{place}: there is no metric {metric}"


def rule_expressions():
    """Without a YAML library: every line that names a metric outside annotations."""
    alert = "?"
    for line in RULES.read_text().splitlines():
        if match := re.match(r"\s+- alert: (\w+)", line):
            alert = match[1]
        if not re.match(r"\s+(summary|runbook):", line):
            yield f"alert {alert}", line


def dashboard_expressions(dashboard):
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f'panel "{panel["title"]}"', target["expr"]
    for variable in dashboard["templating"]["list"]:
        yield f'variable {variable["name"]}', variable["query"]


def check_alerts():
    """Each has a wait, a severity, a sentence, and a place in the runbook that exists."""
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")
               for heading in re.findall(r"^#+ (.*)$", RUNBOOK.read_text(), re.MULTILINE)}
    for rule in re.split(r"\n\s+- alert: ", RULES.read_text())[1:]:
        name = rule.splitlines()[0]
        for wanted in ("expr:", "for:", "severity:", "summary:", "runbook: docs/runbook.md#"):
            if wanted not in rule:
                yield f"alert {name} has no {wanted.rstrip(':')}"
        for anchor in re.findall(r"runbook: docs/runbook\.md#(\S+)", rule):
            if anchor not in anchors:
                yield f"alert {name}: docs/runbook.md has no heading #{anchor}"


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *arguments], input=text, text=True, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr.strip():
        yield f"promtool {' '.join(arguments)}: {done.stdout}{done.stderr}"


def main():
    page = pathlib.Path(sys.argv[1]).read_text()
    families = {family.name: family for family in text_string_to_metric_families(page)}
    dashboard = json.loads(DASHBOARD.read_text())
    names = {sample.name for family in families.values() for sample in family.samples} | set(families)
    names |= {f"{name}_total" for name, family in families.items() if family.type == "counter"}
    problems = [
        *check_families(families), *check_histograms(families), *check_samples(families),
        *promtool("check", "metrics", text=page),
        *promtool("check", "rules", str(RULES)),
        *promtool("test", "rules", str(RULES.with_name("martlet.rules.test.yml"))),
        *check_expressions(names, rule_expressions()), *check_expressions(names, dashboard_expressions(dashboard)),
        *check_alerts(),
    ]
    for problem in problems:
        print(f"WRONG: {problem}")
    print(f"checked: {len(families)} metrics, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
