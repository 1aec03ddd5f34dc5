package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/followup"
)

// restored loses the journeys as they are and goes back to how they were before
// two mails went out: neither is sent again, because contacts, which are never
// restored, know of them. Of one a report comes after all; about the other nobody
// hears any more, and it waits. That it ends parked 26 hours later, however many
// mails are reported meanwhile, is TestRestoreDrill in internal/cloud.
func restored(ctx context.Context, s *stack) (string, error) {
	order, silent := number(31), number(32)
	for _, o := range []string{order, silent} {
		if err := s.buy(ctx, o, time.Now()); err != nil {
			return "", err
		}
	}
	for _, o := range []string{order, silent} {
		if _, err := s.reaches(ctx, patience, o, "soon", followup.Planned); err != nil {
			return "", err
		}
	}
	name := s.tables.Journeys + "-restored"
	if _, err := s.db.RestoreTableToPointInTime(ctx, &dynamodb.RestoreTableToPointInTimeInput{
		SourceTableName: &s.tables.Journeys, TargetTableName: &name, UseLatestRestorableTime: aws.Bool(true),
	}); err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	for _, o := range []string{order, silent} {
		if _, err := s.reaches(ctx, patience, o, "soon", followup.Sent); err != nil {
			return "", err
		}
	}
	lanes := []string{"look", "email-service", "email-rest", "call"}
	if _, err := ask(ctx, "", append([]string{"stack", "pause", "--reason", "restore"}, lanes...)...); err != nil {
		return "", err
	}
	deploy := exec.CommandContext(ctx, "sh", "-c", output("Deploy")+" JourneysTableInUse="+name)
	deploy.Dir = os.Getenv("AFTERSALES_LOCAL_Root")
	if out, err := deploy.CombinedOutput(); err != nil {
		return "", fmt.Errorf("deploy with the restored table: %w\n%s", err, out[max(0, len(out)-1500):])
	}
	now := s.tables
	now.Journeys = name
	s.use(now)
	if row, err := s.row(ctx, order, "soon"); err != nil || row.State != followup.Planned {
		return "", fmt.Errorf("the restored table says %v %v", row, err)
	}
	feed, resume := []string{"stack", "feed", "--since", begun.UTC().Format(time.RFC3339)}, append([]string{"stack", "resume"}, lanes...)
	for _, early := range [][]string{feed, resume} {
		if got, err := tell(ctx, "", append(slices.Clone(early), "--stack", output("Stack"))...); err != nil || got.code != 1 || !strings.Contains(got.err, "epoch --raise") {
			return "", fmt.Errorf("before the epoch is raised, %v: exit %d, %s %w", early, got.code, got.err, err)
		}
	}
	for _, verb := range [][]string{{"stack", "epoch", "--raise"}, feed, resume} { // reservations of before may have been sent
		if _, err := ask(ctx, "", verb...); err != nil {
			return "", err
		}
	}
	for _, o := range []string{order, silent} {
		row, err := s.reaches(ctx, 2*patience, o, "soon", followup.Unknown)
		if err != nil {
			return "", err
		}
		if list, err := ask(ctx, "", "parked", "list"); err != nil || !strings.Contains(list, string(row.ID)) {
			return "", fmt.Errorf("parked list: %s %w", list, err)
		}
	}
	told, err := s.onlyOne(order)
	if err != nil {
		return "", err
	}
	if err := s.report(ctx, told, "Send", "Email Sent"); err != nil {
		return "", err
	}
	if _, err := s.reaches(ctx, patience, order, "soon", followup.Sent); err != nil {
		return "", err
	}
	if row, err := s.row(ctx, silent, "soon"); err != nil || row.State != followup.Unknown {
		return "", fmt.Errorf("without a report it is %v %v", row, err)
	}
	_, err = s.onlyOne(silent)
	return "restored under a new name, redeployed, epoch raised and known, inbox fed again: unclear; reported: sent; unreported: waits; each sent once", err
}

// onlyOne returns the one mail of step soon that an order got; a slow machine
// sends the next step, too.
func (s *stack) onlyOne(order string) (mail, error) {
	mails := s.soons(order)
	if len(mails) != 1 {
		return mail{}, fmt.Errorf("%d mails of order %s", len(mails), order)
	}
	return mails[0], nil
}

// soons returns all mails of step soon that an order got.
func (s *stack) soons(order string) []mail {
	return slices.DeleteFunc(s.wire.to(customer(order)), func(m mail) bool { return !strings.HasPrefix(m.step(), "soon/") })
}
