// Package learn is the course in finding what is wrong, as both presenters tell it:
// chapters of faults, what somebody who practices is told of one a little at a time,
// what it is worth, and what was learned so far.
//
// What does not live here: the faults themselves and the file that progress is kept in
// (ui/practice), and how any of it looks (ui/tui, ui/plain).
package learn

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// MostPoints are won with a fault by whoever needs no help.
const MostPoints = 3

// Fault is a mistake to practice troubleshooting on.
type Fault struct {
	// Name is its name, and Text one sentence on what it is about.
	Name, Text string
	// Goal says when it is solved. Find says that this is when its cause is found: to
	// remove it is somebody else's to do, or nobody's.
	Goal string
	Find bool
	// Says is what Terraform prints, as far as it matters, and Short a few words of it.
	Says, Short string
	// Hints lead to the cause, the first saying least and the last all.
	Hints []string
	// Fix is the one thing to do.
	Fix string
	// Engine says that there is nothing to find where neither Terraform nor OpenTofu has
	// initialized the project.
	Engine bool
}

// Chapter is a part of the course: faults that teach one thing.
type Chapter struct {
	// Title is its heading, and About one sentence on what it teaches.
	Title, About string
	Faults       []Fault
}

// Progress is what somebody has learned so far. It holds no secret.
type Progress struct {
	// Points are the most that were won with a fault, by its name. Who solved it has
	// won at least none, and a fault that nobody solved is not in it.
	Points map[string]int `json:"points"`
	// Surprises are how many faults were solved without being named before, and Won the
	// points of all of these.
	Surprises int `json:"surprises"`
	Won       int `json:"won"`
}

// With is the progress once a fault is solved; the best of several times counts.
func (p Progress) With(fault string, points int, surprise bool) Progress {
	if p.Points = maps.Clone(p.Points); p.Points == nil {
		p.Points = map[string]int{}
	}
	if best, solved := p.Points[fault]; !solved || points > best {
		p.Points[fault] = points
	}
	if surprise {
		p.Surprises, p.Won = p.Surprises+1, p.Won+points
	}
	return p
}

// Solved tells whether a fault is.
func (p Progress) Solved(f Fault) bool {
	_, solved := p.Points[f.Name]
	return solved
}

// Next is the index of the first of these that is not solved; 0 where all are.
func (p Progress) Next(of []Fault) int {
	return max(0, slices.IndexFunc(of, func(f Fault) bool { return !p.Solved(f) }))
}

// NextChapter is the index of the first chapter with a fault that is not solved; 0 where
// there is none.
func (p Progress) NextChapter(of []Chapter) int {
	return max(0, slices.IndexFunc(of, func(c Chapter) bool { return len(c.Faults) > 0 && !p.Solved(c.Faults[p.Next(c.Faults)]) }))
}

// Count tells how many of these are solved.
func (p Progress) Count(of []Fault) string {
	n := 0
	for _, f := range of {
		if p.Solved(f) {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(of))
}

// All are the faults of these chapters.
func All(chapters []Chapter) (all []Fault) {
	for _, c := range chapters {
		all = append(all, c.Faults...)
	}
	return all
}

// Any is one of these faults, by chance, that can be found on any machine.
func Any(of []Fault) Fault {
	of = slices.DeleteFunc(slices.Clone(of), func(f Fault) bool { return f.Engine })
	return of[rand.IntN(len(of))] //nolint:gosec // a game, no secret
}

// The words of the course's table of contents.
const (
	Title        = "Learn to find what is wrong"
	Surprise     = "Surprise me"
	ByName       = "All faults by name"
	ByNameText   = "For those who know what to look for"
	ByNameTitle  = "Which fault do you want to find?"
	AttemptTitle = "What is wrong here?"
)

// Intro says what the course is, and how far somebody is.
func (p Progress) Intro(chapters []Chapter) string {
	return "A setup in the sandbox, with one thing broken. " + p.Count(All(chapters)) + " solved so far."
}

// SurpriseText says what a surprise is, and what was won by them.
func (p Progress) SurpriseText() string {
	if p.Surprises == 0 {
		return "One of all, and you are not told which."
	}
	return fmt.Sprintf("One of all, and you are not told which. So far: %d of %d points.", p.Won, p.Surprises*MostPoints)
}

// Rules say how the course goes and how points are won.
func Rules() []string {
	return []string{
		"A finished setup is made in the sandbox, and one thing in it is broken as it breaks in real life. You are told what Terraform says, and you find the cause: with the checks of stateroom, or with Terraform and the AWS CLI in a window of your own.",
		fmt.Sprintf("A fault that you solve without help is worth %d points. A hint costs one, and so does letting the checks name the cause. What you have solved is kept for the next time.", MostPoints),
	}
}
