package terraform

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Guard is what whoever ends the process holds over the children that run under
// a context: it kills them, and knows what they would leave behind. It goes along
// where tidying up takes the cancellation off a context.
type Guard struct {
	kill chan struct{}
	once sync.Once

	mu   sync.Mutex
	left map[string]bool
}

type guardKey struct{}

// Guarded returns a context whose children the guard holds.
func Guarded(ctx context.Context) (context.Context, *Guard) {
	g := &Guard{kill: make(chan struct{}), left: map[string]bool{}}
	return context.WithValue(ctx, guardKey{}, g), g
}

// Kill kills the children that run, with their process groups, and lets no other
// begin.
func (g *Guard) Kill() { g.once.Do(func() { close(g.kill) }) }

// Left names what is left behind at this moment.
func (g *Guard) Left() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Sorted(maps.Keys(g.left))
}

// guardOf is the context's guard, or one that nobody holds.
func guardOf(ctx context.Context) *Guard {
	if g, ok := ctx.Value(guardKey{}).(*Guard); ok {
		return g
	}
	return &Guard{left: map[string]bool{}}
}

// leaves notes what is left behind until the function that it returns is called.
func (g *Guard) leaves(what string) (tidied func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left[what] = true
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.left, what)
	}
}

// killed tells whether the guard has killed.
func (g *Guard) killed() bool {
	select {
	case <-g.kill:
		return true
	default:
		return false
	}
}
