package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// The rows are what status reads of the API's answers.
type (
	conferenceRow struct {
		ID           string           `json:"id"`
		Created      time.Time        `json:"created"`
		State        string           `json:"state"`
		Room         string           `json:"room"`
		Queue        string           `json:"queue"`
		Position     int              `json:"position"`
		Participants []participantRow `json:"participants"`
	}
	participantRow struct {
		Role       string `json:"role"`
		Name       string `json:"name"`
		Number     string `json:"number"`
		Agent      string `json:"agent"`
		Status     string `json:"status"`
		ServerHold string `json:"server_hold"`
		RemoteHold bool   `json:"remote_hold"`
		Muted      bool   `json:"muted"`
	}
	agentRow struct {
		ID        string    `json:"id"`
		Name      string    `json:"name"`
		Extension string    `json:"extension"`
		Presence  string    `json:"presence"`
		Reason    string    `json:"reason"`
		Since     time.Time `json:"since"`
		Contacts  int       `json:"contacts"`
		Queues    []string  `json:"queues"`
	}
	queueRow struct {
		ID           string  `json:"id"`
		Name         string  `json:"name"`
		Extension    string  `json:"extension"`
		LoggedIn     int     `json:"logged_in"`
		Free         int     `json:"free"`
		Waiting      int     `json:"waiting"`
		LongestWait  float64 `json:"longest_wait"`
		ExpectedWait float64 `json:"expected_wait"`
	}
)

func printConferences(w io.Writer, rows []conferenceRow, now time.Time) {
	t := newTable(w, "CONFERENCE", "FOR", "WHERE", "PARTICIPANTS")
	for _, c := range rows {
		if c.State == "ended" {
			continue
		}
		t.row(c.ID, ago(c.Created, now), place(c), people(c.Participants))
	}
	t.end("no conferences")
}

func place(c conferenceRow) string {
	switch {
	case c.Room != "":
		return "room " + c.Room
	case c.Position > 0:
		return fmt.Sprintf("queue %s, number %d", c.Queue, c.Position)
	case c.Queue != "":
		return "queue " + c.Queue
	}
	return ""
}

// people lists who is there; those who are gone are left out.
func people(all []participantRow) string {
	var some []string
	for _, p := range all {
		if p.Status == "left" || p.Status == "failed" {
			continue
		}
		state := []string{p.Status}
		if p.ServerHold != "" {
			state = append(state, p.ServerHold)
		}
		if p.RemoteHold {
			state = append(state, "by its phone")
		}
		if p.Muted {
			state = append(state, "muted")
		}
		who := cmp.Or(p.Agent, p.Name, p.Number, "somebody")
		some = append(some, fmt.Sprintf("%s %s (%s)", p.Role, who, strings.Join(state, ", ")))
	}
	return strings.Join(some, "; ")
}

func printAgents(w io.Writer, rows []agentRow, now time.Time) {
	t := newTable(w, "AGENT", "NAME", "EXTENSION", "PRESENCE", "FOR", "PHONES", "QUEUES")
	for _, a := range rows {
		presence := a.Presence
		if a.Reason != "" {
			presence += " (" + a.Reason + ")"
		}
		t.row(a.ID, a.Name, a.Extension, presence, ago(a.Since, now), fmt.Sprint(a.Contacts), strings.Join(a.Queues, " "))
	}
	t.end("no agents")
}

func printQueues(w io.Writer, rows []queueRow) {
	t := newTable(w, "QUEUE", "NAME", "EXTENSION", "LOGGED IN", "FREE", "WAITING", "LONGEST", "EXPECTED")
	for _, q := range rows {
		t.row(q.ID, q.Name, q.Extension, fmt.Sprint(q.LoggedIn), fmt.Sprint(q.Free), fmt.Sprint(q.Waiting),
			seconds(q.LongestWait), seconds(q.ExpectedWait))
	}
	t.end("no queues")
}

// table prints aligned columns, ending with an empty line.
type table struct {
	w    io.Writer
	tab  *tabwriter.Writer
	rows int
	head []string
}

func newTable(w io.Writer, head ...string) *table {
	return &table{w: w, tab: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), head: head}
}

func (t *table) row(cells ...string) {
	if t.rows == 0 {
		fmt.Fprintln(t.tab, strings.Join(t.head, "\t"))
	}
	t.rows++
	for i, c := range cells {
		cells[i] = cmp.Or(plain(c), "-")
	}
	fmt.Fprintln(t.tab, strings.Join(cells, "\t"))
}

func (t *table) end(empty string) {
	if t.rows == 0 {
		fmt.Fprintln(t.tab, empty)
	}
	fmt.Fprintln(t.tab)
	t.tab.Flush() // an error shows at the terminal itself
}

// plain takes from a text what would act on a terminal: names and numbers come
// from callers.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

func ago(then, now time.Time) string {
	if then.IsZero() {
		return ""
	}
	return max(0, now.Sub(then)).Round(time.Second).String()
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
