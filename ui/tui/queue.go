package tui

import (
	"sync"

	tea "github.com/charmbracelet/bubbletea"
)

// queue carries what the engine reports into Update. The engine never waits for
// the screen: what is not shown yet is kept.
type queue struct {
	mu    sync.Mutex
	items []tea.Msg
	wake  chan struct{}
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) push(msg tea.Msg) {
	q.mu.Lock()
	q.items = append(q.items, msg)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default: // somebody has been woken already
	}
}

func (q *queue) take() []tea.Msg {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

// batchMsg is all that was reported since the last one.
type batchMsg []tea.Msg

// pull waits for the next reports. It is issued again for every batch.
func (e *runner) pull() tea.Cmd {
	return func() tea.Msg {
		select {
		case <-e.queue.wake:
			return batchMsg(e.queue.take())
		case <-e.ctx.Done():
			return nil
		}
	}
}
