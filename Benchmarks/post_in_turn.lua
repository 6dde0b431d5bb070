-- SPDX-License-Identifier: Apache-2.0
-- For wrk: posts the lines of the file CALLBACKS to CALLBACKS_PATH in turn. After the last line it starts again, which
-- taking_in.py sees from the number of answers. The requests are put together before the clock starts.
local requests = {}
local position = 0

function init(arguments)
   local headers = { ["Content-Type"] = "application/json", ["Host"] = wrk.headers["Host"] }
   local path = os.getenv("CALLBACKS_PATH")
   for line in io.lines(os.getenv("CALLBACKS")) do
      requests[#requests + 1] = wrk.format("POST", path, headers, line)
   end
end

function request()
   position = position + 1
   if position > #requests then position = 1 end
   return requests[position]
end

function done(summary, latency, _)
   io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.errors.status,
      summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
      latency:percentile(99), latency.max))
end
