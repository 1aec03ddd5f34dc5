package main

import (
	"strconv"

	"aftersales/internal/config"
)

// variables stand in the help texts.
func variables() map[string]string { return map[string]string{"config": config.FileName} }

// count writes 1 plan, 2 plans.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
