# Turns the output of go test -bench into one table: a row per benchmark, its
# own measures first, then time and memory per operation.
/^(cpu|goos|goarch):/ { machine[$1] = substr($0, index($0, $2)) }
/^Benchmark/ {
  name = $1
  sub(/^Benchmark/, "", name)
  sub(/-[0-9]+$/, "", name)
  own = ""; time = ""; memory = ""
  for (i = 3; i < NF; i += 2) {
    value = $i; unit = $(i + 1)
    if (unit == "ns/op") time = scaled(value)
    else if (unit == "B/op" || unit == "allocs/op") memory = memory (memory == "" ? "" : ", ") value " " unit
    else own = own (own == "" ? "" : ", ") value " " unit
  }
  row[++rows] = "| " name " | " own " | " time " | " memory " |"
}
/^(FAIL|---|panic)/ { print > "/dev/stderr"; failed = 1 }
END {
  print "cpu: " machine["cpu:"] ", " machine["goos:"] "/" machine["goarch:"] "\n"
  print "| benchmark | measured | time per op | memory per op |"
  print "|---|---|---|---|"
  for (i = 1; i <= rows; i++) print row[i]
  exit failed
}
function scaled(ns) {
  if (ns >= 1e9) return sprintf("%.2f s", ns / 1e9)
  if (ns >= 1e6) return sprintf("%.2f ms", ns / 1e6)
  if (ns >= 1e3) return sprintf("%.2f µs", ns / 1e3)
  return ns " ns"
}
