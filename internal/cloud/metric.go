package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// namespace is where our metrics are found in CloudWatch.
const namespace = "Aftersales"

// The metrics. Only the first is written always, once a minute; the others when
// there is something to tell, so that they cost nothing before.
const (
	metricOldest  = "OldestDueSeconds" // how long the oldest due look has been waiting
	metricSecrets = "SecretMissing"    // requests that a missing secret let fail
	metricPaused  = "LanePaused"       // lanes that paused themselves, whichever function saw it, and looks at a stopped account
	metricPlans   = "PlanRefused"      // plans whose version is taken by other content, once each
)

// metrics writes measurements in CloudWatch's embedded metric format: a line of
// JSON that the log makes a metric of.
type metrics struct {
	out   io.Writer
	stack string
}

// put writes one measurement. A line that cannot be written is lost: measuring
// must stop nothing.
func (m metrics) put(now time.Time, name, unit string, value float64) {
	if m.out == nil {
		return
	}
	line, err := json.Marshal(map[string]any{
		"_aws": map[string]any{
			"Timestamp": now.UnixMilli(),
			"CloudWatchMetrics": []any{map[string]any{
				"Namespace": namespace, "Dimensions": [][]string{{"Stack"}},
				"Metrics": []any{map[string]string{"Name": name, "Unit": unit}},
			}},
		},
		"Stack": m.stack, name: value,
	})
	if err == nil {
		_, _ = fmt.Fprintln(m.out, string(line))
	}
}
