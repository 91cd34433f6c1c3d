package inventory

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFilesOfWhatComesLater holds that group_vars and host_vars count for groups and hosts that a run adds.
func TestFilesOfWhatComesLater(t *testing.T) {
	dir := write(t, map[string]string{
		"hosts":              "h1\n",
		"group_vars/new.yml": "v: new\n",
		"group_vars/top.yml": "w: top\n",
		"host_vars/mx9.yml":  "x: mx9\n",
	})
	inv, ds := Load([]string{dir + "/hosts"}, Options{})
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if _, err := inv.AddToGroup(inv.Host("h1"), "new", []string{"top"}); err != nil {
		t.Fatal(err)
	}
	mx9, changed, err := inv.Add("mx9:2222", []string{"new"})
	if err != nil || !changed {
		t.Fatalf("changed %t, %v", changed, err)
	}
	want := map[string]string{
		"h1":  "6 group_vars/top.yml: w=\"top\"\n6 group_vars/new.yml: v=\"new\"\n",
		"mx9": "6 group_vars/top.yml: w=\"top\"\n6 group_vars/new.yml: v=\"new\"\n8 mx9: ansible_port=int64(2222)\n9 host_vars/mx9.yml: x=\"mx9\"\n",
	}
	got := map[string]string{"h1": layerText(inv.VarsFor(inv.Host("h1"), ""), dir), "mx9": layerText(inv.VarsFor(mx9, ""), dir)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSplitAddress(t *testing.T) {
	for text, want := range map[string]string{"h": "h 0", "127.0.1.1:2222": "127.0.1.1 2222", "[::1]:22": "::1 22", "a b": "a b 0"} {
		host, port := SplitAddress(text)
		if got := fmt.Sprint(host, " ", port); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
