package words

import "testing"

// TestWhatWasMadeBeforeARefusalStays, in the words of one and of many.
func TestWhatWasMadeBeforeARefusalStays(t *testing.T) {
	t.Parallel()
	for applied, want := range map[int]string{
		0: "Nothing was changed. Your answers are kept.", 1: "1 change made before this stays. Your answers are kept.", 2: "2 changes made before this stay. Your answers are kept.",
	} {
		if got := AfterRefusal(applied, true); got != want {
			t.Errorf("%d: %q", applied, got)
		}
	}
}
