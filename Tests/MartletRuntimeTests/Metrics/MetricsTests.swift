// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletRuntime
import Testing

@Suite struct MetricsTests {
    @Test func rendersCountersAndGaugesExactly() {
        let metrics = Metrics()
        let counter = metrics.counter("martlet_a_total", help: "Things.", labels: ["provider", "outcome"])
        let plain = metrics.counter("martlet_b_total", help: "Others.", labels: [])
        counter.increment(["hype", "ok"])
        counter.increment(["cryptomus", "ok"], by: 41)
        counter.increment(["cryptomus", "ok"])
        plain.increment()
        #expect(counter.value(["cryptomus", "ok"]) == 42 && counter.value(["x", "y"]) == 0)
        let gauges = [
            Gauge("martlet_c", help: "Level.", samples: [(labelValues: [], value: 1.5)]),
            Gauge("martlet_d", help: "Levels.", labels: ["state"], samples: [(["pending"], 3), (["dead"], -0.25)]),
            Gauge("martlet_e", help: "None.", samples: []),
        ]
        #expect(
            metrics.render(gauges: gauges) == """
                # HELP martlet_a_total Things.
                # TYPE martlet_a_total counter
                martlet_a_total{provider="cryptomus",outcome="ok"} 42
                martlet_a_total{provider="hype",outcome="ok"} 1
                # HELP martlet_b_total Others.
                # TYPE martlet_b_total counter
                martlet_b_total 1
                # HELP martlet_c Level.
                # TYPE martlet_c gauge
                martlet_c 1.5
                # HELP martlet_d Levels.
                # TYPE martlet_d gauge
                martlet_d{state="pending"} 3
                martlet_d{state="dead"} -0.25
                # HELP martlet_e None.
                # TYPE martlet_e gauge

                """
        )
    }

    @Test(arguments: [
        ("a\"b", #"a\"b"#), ("a\\b", #"a\\b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\r\\nb"), ("\"\u{301}", "\\\"\u{301}"),
        ("\\\u{301}", "\\\\\u{301}"), ("ü漢", "ü漢"), ("\"} 1\nx{", #"\"} 1\nx{"#),
    ])
    func escapesLabels(value: String, escaped: String) {
        let metrics = Metrics()
        metrics.counter("a_total", help: "A.", labels: ["l"]).increment([value])
        let expected = "# HELP a_total A.\n# TYPE a_total counter\na_total{l=\"\(escaped)\"} 1\n"
        #expect(Array(metrics.render(gauges: []).utf8) == Array(expected.utf8))
    }

    @Test func rendersAHistogramWithCumulativeBuckets() {
        let metrics = Metrics()
        let histogram = metrics.histogram("martlet_s_seconds", help: "Time.")
        histogram.observe(.milliseconds(250))
        histogram.observe(.milliseconds(500))
        histogram.observe(.seconds(1))
        histogram.observe(.seconds(61))
        histogram.observe(seconds: -5)
        #expect(
            metrics.render(gauges: []) == """
                # HELP martlet_s_seconds Time.
                # TYPE martlet_s_seconds histogram
                martlet_s_seconds_bucket{le="0.00025"} 1
                martlet_s_seconds_bucket{le="0.0005"} 1
                martlet_s_seconds_bucket{le="0.001"} 1
                martlet_s_seconds_bucket{le="0.0025"} 1
                martlet_s_seconds_bucket{le="0.005"} 1
                martlet_s_seconds_bucket{le="0.01"} 1
                martlet_s_seconds_bucket{le="0.025"} 1
                martlet_s_seconds_bucket{le="0.05"} 1
                martlet_s_seconds_bucket{le="0.1"} 1
                martlet_s_seconds_bucket{le="0.25"} 2
                martlet_s_seconds_bucket{le="0.5"} 3
                martlet_s_seconds_bucket{le="1.0"} 4
                martlet_s_seconds_bucket{le="2.5"} 4
                martlet_s_seconds_bucket{le="5.0"} 4
                martlet_s_seconds_bucket{le="15.0"} 4
                martlet_s_seconds_bucket{le="60.0"} 4
                martlet_s_seconds_bucket{le="+Inf"} 5
                martlet_s_seconds_sum 62.75
                martlet_s_seconds_count 5

                """
        )
    }

    @Test func countsFromManyThreads() {
        let counter = Metrics().counter("a_total", help: "A.", labels: ["l"])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<1000 { counter.increment(["x"]) }
        }
        #expect(counter.value(["x"]) == 8000)
    }
}
