package plan

// Stage is one part of a run that has several, as set-up has its nine steps: what
// it is, and what stands beside its changes and its findings.
type Stage struct {
	// Number is its place, from 1 on.
	Number int
	// Name is short enough for a rail, Title is the heading, Why tells in two
	// sentences why it exists, and Cost what it costs and what AWS calls it.
	Name, Title, Why, Cost string
	// Proves says that the stage is where the whole result is proven.
	Proves bool
	// Questions are its questions, with the answers as they stand as defaults.
	Questions []Question
	// Facts are what its inspection has found.
	Facts []Fact
}

// Fact is a name with its value.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Outline is what is shown of a run beside its review.
type Outline struct {
	// Who is the account and the identity that the run has.
	Who string
	// Partition is AWS's part of the world, for a script; empty where no script can
	// be made of the run's changes.
	Partition string
	// Begun says that some of what the run makes is there already.
	Begun  bool
	Stages []Stage
}
