// Package records keeps call records on disk: append-only, a file a day, found
// again by the contact they are about. It knows nothing of calls: a record is a
// JSON value, its contact and the time it ended.
//
// # Files
//
//	2026-11-27.jsonl   a line for each record that ended on that day (UTC):
//	                   {"contact":"…","ended":"…","record":{…}}
//	2026-11-27.index   32 bytes for each of these lines: hash of the contact,
//	                   when it ended, where the line begins, how long it is
//
// The index is derived from the lines; where it is missing or behind, it is made
// good when the store is opened. A line is what counts: it is checked each time
// it is read, and one that is torn or damaged is as if it were not there. Nothing
// of the records is held in memory.
//
// # Writing
//
// Add puts a record into a bounded queue and returns. One goroutine, run, owns
// the files and writes what the queue holds, in one go. What was written is on
// the disk (fsync) a second later at most, so a crash of the process loses
// nothing and one of the machine the last second. A write that fails takes back
// what it wrote of the batch, which is dropped and counted; the first failure of
// a row is logged, and so is its end. While the disk is slow the queue fills, and
// what does not fit is dropped and counted too. Whoever adds never waits.
//
// # Keeping
//
// A day's files are removed once every record in them is older than Config.Keep:
// a record lives for that time and up to a day more.
//
// # Reading
//
// Get and List read the files anew each time, a few at a time, beside the writer:
// an index entry is written after its line. Both wait a moment for what was added
// before them, so that a call that has just ended is found.
package records
