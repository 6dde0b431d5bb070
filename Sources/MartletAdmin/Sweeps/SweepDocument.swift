// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime
import MartletStore
import MartletWire

/// A source's sweep as the admin API shows it.
enum SweepDocument {
    static func write(_ standing: (record: SweepRecord, due: Timestamp), to json: inout JSONWriter) {
        let record = standing.record
        json.beginObject()
        json.member("source", record.source.description)
        json.member("state", record.run == nil ? "waiting" : "running")
        json.member("nextAt", standing.due)
        json.member("lastOutcome", record.lastOutcome)
        json.name("run")
        if let run = record.run {
            json.beginObject()
            json.member("startedAt", run.startedAt)
            json.member("since", run.since)
            json.member("until", run.until)
            json.member("failures", integer: Int64(run.failures))
            writeCounts(run.counts, to: &json)
            json.endObject()
        } else {
            json.null()
        }
        json.name("last")
        if let last = record.last {
            json.beginObject()
            json.member("startedAt", last.startedAt)
            json.member("finishedAt", last.finishedAt)
            writeCounts(last.counts, to: &json)
            json.endObject()
        } else {
            json.null()
        }
        json.endObject()
    }

    private static func writeCounts(_ counts: SweepRecord.Counts, to json: inout JSONWriter) {
        json.member("pages", integer: Int64(counts.pages))
        json.member("listed", integer: Int64(counts.rows))
        json.member("missed", integer: Int64(counts.missed))
        json.member("unreadable", integer: Int64(counts.unreadable))
    }

    /// How long ago each source's newest whole sweep ended; for one that has had none, since it was first to be swept.
    static func gauge(_ records: [SweepRecord], at now: Timestamp) -> Gauge {
        Gauge(
            "martlet_sweep_age_seconds",
            help: "Since the newest sweep that was completed, or since there was to be one.",
            labels: ["source"],
            samples: records.map { record in
                let moment = record.last?.finishedAt ?? record.since
                return (
                    labelValues: [record.source.description],
                    value: max(0, Double((now - moment).wholeMilliseconds) / 1000)
                )
            }
        )
    }
}
