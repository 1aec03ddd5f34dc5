package main

import "testing"

func TestStackMisused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"stack", "status"}, "--stack NAME"},
		{[]string{"stack", "status", "--stack", "a b"}, "letters, digits"},
		{[]string{"stack", "status", "--stack", "shop", "--data", "here"}, "say one"},
		{[]string{"stack", "pause", "--stack", "shop"}, "--reason"},
		{[]string{"stack", "pause", "post", "--reason", "x", "--stack", "shop"}, "email-service"},
		{[]string{"stack", "resume", "post", "--stack", "shop"}, "email-service"},
		{[]string{"stack", "epoch", "--stack", "shop"}, "--raise"},
		{[]string{"stack", "feed", "--stack", "shop"}, "--since"},
		{[]string{"why", "1001", "--stack", "shop", "--data", "here"}, "say one"},
	} {
		cli(t, c.args...).badly(t, exitMisused, c.want)
	}
}
