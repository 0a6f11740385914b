package plan

// Order hands out changes in an order that respects what they need. It is
// not safe for concurrent use: the executor's loop owns it.
type Order struct {
	waiting []int
	users   [][]int // whom each change's failure keeps from being made
	after   [][]int // who waits for each change to end
	ready   []int
	state   []changeState
}

type changeState int

const (
	statePending changeState = iota
	stateStarted
	stateEnded
)

// NewOrder prepares the changes. A need that is not among the changes counts
// as done: it was there already.
func NewOrder(changes []Change) *Order {
	index := make(map[string]int, len(changes))
	for i, c := range changes {
		index[c.ID] = i
	}
	s := &Order{
		waiting: make([]int, len(changes)),
		users:   make([][]int, len(changes)),
		after:   make([][]int, len(changes)),
		state:   make([]changeState, len(changes)),
	}
	for i, c := range changes {
		for _, need := range c.Needs {
			if j, ok := index[need]; ok {
				s.users[j] = append(s.users[j], i)
				s.waiting[i]++
			}
		}
		for _, earlier := range c.After {
			if j, ok := index[earlier]; ok {
				s.after[j] = append(s.after[j], i)
				s.waiting[i]++
			}
		}
		if s.waiting[i] == 0 {
			s.ready = append(s.ready, i)
		}
	}
	return s
}

// Next takes a change whose needs are all done.
func (s *Order) Next() (int, bool) {
	if len(s.ready) == 0 {
		return 0, false
	}
	i := s.ready[0]
	s.ready = s.ready[1:]
	s.state[i] = stateStarted
	return i, true
}

// Done books a change as made and frees those that waited for it alone.
func (s *Order) Done(i int) {
	s.state[i] = stateEnded
	s.free(s.users[i])
	s.free(s.after[i])
}

// free tells changes that one which they waited for has ended.
func (s *Order) free(changes []int) {
	for _, i := range changes {
		s.waiting[i]--
		if s.waiting[i] == 0 && s.state[i] == statePending {
			s.ready = append(s.ready, i)
		}
	}
}

// Fail books a change as not made and returns all that can no longer be made.
func (s *Order) Fail(i int) []int {
	s.state[i] = stateEnded
	s.free(s.after[i])
	var skipped []int
	for _, user := range s.users[i] {
		if s.state[user] == statePending {
			skipped = append(skipped, user)
			skipped = append(skipped, s.Fail(user)...)
		}
	}
	return skipped
}

// Left are the changes that were never started.
func (s *Order) Left() []int {
	var left []int
	for i, state := range s.state {
		if state == statePending {
			left = append(left, i)
		}
	}
	return left
}
