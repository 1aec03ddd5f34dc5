package plan

import (
	"errors"
	"fmt"

	"aftersales/internal/followup"
)

// Compile types a condition of one kind ([KindOrder], [KindUnit], [KindStep],
// [KindUnitStep]) and makes it ready to be asked. The error is one line a
// problem: cause; mend.
func Compile(kind, src string) (followup.Condition, error) {
	if _, ok := sights[kind]; !ok {
		return nil, fmt.Errorf("compile condition: unknown kind %s", quote(kind))
	}
	q, problems := compile(kind, src)
	if len(problems) > 0 {
		var errs []error
		for _, p := range problems {
			errs = append(errs, fmt.Errorf("compile condition %s: character %d: %s; %s", quote(src), p.at+1, p.cause, p.mend))
		}
		return nil, errors.Join(errs...)
	}
	return checked(q, nil), nil
}
