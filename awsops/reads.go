package awsops

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// read asks once and makes one thing of the answer.
func read[I, O, X, T any](
	ctx context.Context, s *Session, send func(context.Context, *I, ...func(*X)) (*O, error), input *I, resource string, of func(*O) T,
) (made T, err error) {
	answer, err := send(ctx, input)
	if err != nil {
		return made, s.fail(err, resource)
	}
	return of(answer), nil
}

// describe is read of what need not be there: absent is nil.
func describe[I, O, X, T any](
	ctx context.Context, s *Session, send func(context.Context, *I, ...func(*X)) (*O, error), input *I, resource string, of func(*O) *T,
) (*T, error) {
	made, err := read(ctx, s, send, input, resource, of)
	if IsNotFound(err) {
		return nil, nil //nolint:nilnil // absent is an answer here
	}
	return made, err
}

// pager is a paginator of the SDK.
type pager[P, X any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*X)) (*P, error)
}

// list reads all pages and puts together what each holds. A page may hold nothing
// and still have a next one. Nothing is given where one page cannot be had: half a
// list would pass for all of it.
func list[P, X, T any](
	ctx context.Context, s *Session, pages pager[P, X], resource string, of func(*P) []T,
) ([]T, error) {
	var all []T
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.fail(err, resource)
		}
		all = append(all, of(page)...)
	}
	return all, nil
}

// eachAtOnce does work on what the pages of a listing hold, on so many things at once.
// The listing ends with an error of its own or of of's, or where the work fails, which
// then is the error to tell.
func eachAtOnce[P, X, E any](
	ctx context.Context, s *Session, pages pager[P, X], resource string, atOnce int,
	of func(*P) ([]E, error), work func(context.Context, E) error,
) error {
	works, ctx := errgroup.WithContext(ctx)
	works.SetLimit(atOnce)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var held []E
		if err = s.fail(err, resource); err == nil {
			held, err = of(page)
		}
		if err != nil {
			if failed := works.Wait(); failed != nil {
				return failed
			}
			return err
		}
		for _, e := range held {
			works.Go(func() error { return work(ctx, e) })
		}
	}
	return works.Wait()
}

// each makes one thing of every element.
func each[E, T any](elements []E, of func(E) T) []T {
	made := make([]T, len(elements))
	for i, e := range elements {
		made[i] = of(e)
	}
	return made
}
