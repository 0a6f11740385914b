package awsops

import "context"

// pager is a paginator of the SDK.
type pager[P, X any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*X)) (*P, error)
}

// list reads all pages and puts together what each holds. A page may hold nothing
// and still have a next one. Nothing is given where one page cannot be had: half a
// list would pass for all of it.
func list[P, X, T any](
	ctx context.Context, s *Session, pages pager[P, X], service, operation, resource string, of func(*P) []T,
) ([]T, error) {
	var all []T
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, service, operation, resource)
		}
		all = append(all, of(page)...)
	}
	return all, nil
}

// each makes one thing of every element.
func each[E, T any](elements []E, of func(E) T) []T {
	made := make([]T, len(elements))
	for i, e := range elements {
		made[i] = of(e)
	}
	return made
}
