# Turns what the Speed benchmarks of internal/local print into the table of
# docs/performance.md: each figure with its aim and the bare limit of the same run.
BEGIN {
  name["EnrollOne"] = "orders enrolled, one event a commit"; aim["EnrollOne"] = 2500
  name["EnrollTen"] = "orders enrolled, ten events a commit"; aim["EnrollTen"] = 5000
  name["ReceiveTen"] = "orders from the webhook's body on, tens"
  name["DrainMailbox"] = "follow-ups drained into the mailbox"; aim["DrainMailbox"] = 10000
  name["DrainNoOp"] = "follow-ups drained, no-op channel"; aim["DrainNoOp"] = 10000
}
/^cpu:/ { sub(/^cpu: */, ""); cpu = $0 }
/^Benchmark/ {
  key = $1
  sub(/^BenchmarkSpeed/, "", key)
  sub(/-[0-9]+$/, "", key)
  split("", value)
  for (i = 3; i < NF; i += 2) value[$(i + 1)] = $i
  if (key == "Size") {
    size = sprintf("| bytes on disk for a pending follow-up | %.0f | 600 | | | | |\n", value["B/followup"])
    size = size sprintf("| ... with the inbox | %.0f | | | | | |", value["B/followup+inbox"])
    next
  }
  speed = value["orders/s"] + value["followups/s"]
  row[++rows] = sprintf("| %s | %s/s | %s | %s/s | %.0f %% | %.0f µs | %.0f µs |", (key in name) ? name[key] : key, \
    thousands(speed), (key in aim) ? thousands(aim[key]) "/s" : "", thousands(value["bare/s"]), value["%ofbare"], value["cpu-µs"], value["bare-cpu-µs"])
}
/^(FAIL|---|panic)/ { print > "/dev/stderr"; failed = 1 }
END {
  if (!rows && size == "") { print "no benchmark ran" > "/dev/stderr"; exit 1 }
  print cpu "\n"
  print "| figure | measured | aim | bare limit | of the limit | processor time | the limit's |"
  print "|---|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= rows; i++) print row[i]
  if (size != "") print size
  exit failed
}
function thousands(n,   s) {
  s = sprintf("%.0f", n)
  return length(s) > 3 ? substr(s, 1, length(s) - 3) "," substr(s, length(s) - 2) : s
}
