// SPDX-License-Identifier: Apache-2.0
// The gateway's words in plain ones. A state has a shape and a word, so that nothing depends on colour.

export const states = {
  // deliveries
  pending: { shape: "◔", tone: "wait", word: "pending" },
  in_flight: { shape: "▶", tone: "busy", word: "being sent" },
  delivered: { shape: "✓", tone: "good", word: "delivered" },
  dead: { shape: "✕", tone: "bad", word: "dead" },
  skipped: { shape: "↷", tone: "warn", word: "skipped" },
  cancelled: { shape: "⊘", tone: "idle", word: "cancelled" },
  // endpoints
  active: { shape: "✓", tone: "good", word: "active" },
  slowed: { shape: "▼", tone: "warn", word: "slowed" },
  parked: { shape: "‖", tone: "bad", word: "parked" },
  probing: { shape: "◌", tone: "warn", word: "probing" },
  ramping: { shape: "▲", tone: "busy", word: "ramping up" },
  disabled: { shape: "⊘", tone: "bad", word: "disabled" },
  rejecting: { shape: "!", tone: "warn", word: "rejecting" },
  // watches, sweeps
  open: { shape: "◔", tone: "busy", word: "open" },
  held: { shape: "‖", tone: "warn", word: "held" },
  closed: { shape: "■", tone: "idle", word: "closed" },
  overdue: { shape: "!", tone: "bad", word: "overdue" },
  waiting: { shape: "◔", tone: "idle", word: "waiting" },
  running: { shape: "▶", tone: "busy", word: "running" },
  well: { shape: "✓", tone: "good", word: "all is well" },
  // replays
  paused: { shape: "‖", tone: "warn", word: "paused" },
  done: { shape: "✓", tone: "good", word: "done" },
  // the audit log
  refused: { shape: "✕", tone: "warn", word: "refused" },
  failed: { shape: "!", tone: "bad", word: "failed" },
  unknown: { shape: "?", tone: "warn", word: "unknown" },
  repeated: { shape: "↻", tone: "idle", word: "repeated" },
  // keys
  expired: { shape: "◌", tone: "idle", word: "expired" },
  revoked: { shape: "⊘", tone: "idle", word: "revoked" },
};

export const flags = {
  out_of_order: "Older than what is known of its payment already; kept, not delivered.",
  amount_mismatch: "Amount or currency differ from the order that the gateway knows.",
  already_known: "The gateway had learned it by asking; kept, not delivered again.",
  test: "From a test account, or a test: no money has moved.",
};

export const finality = {
  none: "no, it will move on",
  provisional: "provisional: the provider may change it",
  final: "yes",
};

/** The sum that an event is about. */
export function moneyOf(event) {
  const money = event.body?.data?.money;
  return money?.ordered ?? money?.paid ?? money?.due;
}

export const endpointMeaning = {
  active: "Deliveries flow.",
  slowed: "It asked for a pause or answers slowly; fewer requests go at once.",
  parked: "It keeps failing. Deliveries wait without using up their attempts; one request now and then tries it.",
  probing: "It was failing and is being tried with one request.",
  ramping: "It has come back; the backlog flows, slowly at first.",
  disabled: "Nothing is sent. What comes meanwhile is skipped and can be offered when it is enabled.",
};

export const reasons = {
  unsupported_content_type: "The media type is not this provider’s.",
  malformed_body: "The body cannot be read.",
  duplicate_field: "A member stands twice in the body.",
  missing_field: "A required member is missing.",
  missing_signature: "There is no signature.",
  invalid_field: "A member has the wrong shape.",
  bad_signature: "The signature does not match. Most often the source’s secret is wrong, or somebody else sent it.",
  unknown_project: "It is for another merchant or project.",
  forbidden_source: "It came from an address that is not in the source’s list.",
  stale_timestamp: "Its time is outside the allowed window.",
  unknown_order: "No secret is stored for this order. Registering its watch releases it.",
  order_not_found: "The provider does not know the order when asked.",
  order_mismatch: "Its members point at two different orders.",
  fetch_failed: "The provider could not be asked.",
  misconfigured: "The gateway lacks the source’s secret.",
};

export const methods = {
  "md5-base64-json": "Signature over the body (MD5 of Base64, Cryptomus)",
  "rsa-sha1-form": "RSA signature over the form (SpectroCoin)",
  "sha256-concat": "SHA-256 over the order’s members and its secret (Kryptoswap)",
  fetched: "Asked back from the provider over TLS",
  polled: "Learned by asking the provider",
  forced: "Nothing proves it: an operator released it by force",
};

const failures = {
  dns: "the name could not be resolved",
  connect: "no connection",
  tls: "TLS failed",
  timeout: "no answer in time",
  reset: "the connection broke",
  "too-large": "the answer’s headers were too large",
  blocked: "its address is in a network that deliveries must not reach",
  proxy: "the egress proxy failed",
  other: "it failed",
};

/** "500", "no answer in time". */
export function outcome(attempt) {
  if (attempt.status !== null && attempt.status !== undefined) return `answered ${attempt.status}`;
  return failures[attempt.error] ?? attempt.error ?? "no answer";
}

export function outcomeLabel(label) {
  if (!label) return "not tried yet";
  return failures[label] ?? (label.startsWith("http_") ? `answered ${label.slice(5)}` : label);
}

/** The API's words begin small and have no full stop. */
export const sentence = (text) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
