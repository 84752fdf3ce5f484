package dev.halfrate.processor.transfer;

import java.util.ArrayDeque;
import java.util.Deque;

/** Up to which line all that was sent is with the broker. Sent in order by one thread, acknowledged in any by others. */
final class Acknowledged {
    private final Deque<Sent> open = new ArrayDeque<>();
    private long through;
    private long lines;

    /** One line, on its way. */
    final class Sent {
        private final long line;
        private boolean stored;

        private Sent(long line) {
            this.line = line;
        }

        void isStored() {
            synchronized (Acknowledged.this) {
                stored = true;
                lines++;
                while (!open.isEmpty() && open.getFirst().stored) {
                    through = open.removeFirst().line;
                }
            }
        }
    }

    synchronized Sent sending(long line) {
        var sent = new Sent(line);
        open.addLast(sent);
        return sent;
    }

    /** The last line of which it and all before it are stored; 0 for none. */
    synchronized long through() {
        return through;
    }

    /** How many are stored. */
    synchronized long lines() {
        return lines;
    }
}
