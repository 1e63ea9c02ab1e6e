package moka.engine.kernel.machine;

import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * Keeps memory busy while a thread waits: at the end of a region, and while the caller does between regions what one thread does (norms, rotations,
 * rounding), it asks for the panels that it will take first in the next region. Which region that is, is known from the token before: each matrix that a
 * region begins with remembers the region that came next. Asking for memory changes no bit of a result, and a wrong guess costs what was read.
 *
 * <p>Zen 5, November 2026, two threads, eight tokens without and with it in turn, on a busy machine: docs/performance.md.
 */
final class Lookahead {
    /** Half of a second-level cache of 1 MiB. */
    private static final long MOST_BYTES = 512 << 10;
    /** A fifth of a microsecond. */
    private static final int STEP_BYTES = 4096;
    /** Longs between the places of two workers: they are in lines of their own. */
    private static final int SPACING = 16;

    private final WorkerTeam team;
    private final Routine prefetch;
    private @Nullable PanelMatrix before;

    Lookahead(WorkerTeam team, KernelCode kernelCode, CodeStore code) throws CodeMemory.RefusedException {
        this.team = team;
        prefetch = code.write(kernelCode.prefetch());
    }

    /** A region begins: it followed the one before, and threads look for the one that followed it last time. */
    void begin(PanelMatrix first, int rowCount, PanelChunks chunks) {
        if (team.size() == 1) {
            return;
        }
        if (rowCount > QuantizedKernels.STREAM_MOST) {
            before = null;
            team.meanwhile(null);
            return;
        }
        PanelMatrix last = before;
        if (last != null && first.streamed() != 0) {
            Start known = last.following();
            if (known == null || !known.isAt(first, chunks)) {
                last.following(new Start(first, chunks));
            }
        }
        lookBehind(first);
    }

    /** Likewise, where it is known how the region begins. */
    void begin(Start start) {
        if (team.size() == 1) {
            return;
        }
        PanelMatrix last = before;
        if (last != null) {
            last.following(start);
        }
        lookBehind(start.matrix);
    }

    /** What follows a region that begins with a matrix. */
    private void lookBehind(PanelMatrix first) {
        before = first;
        Start following = first.following();
        if (following != null) {
            following.rewind();
        }
        team.meanwhile(following);
    }

    /** Where threads begin to read in a region that was cut like this. */
    Start start(PanelMatrix first, PanelChunks chunks) {
        return new Start(first, chunks);
    }

    /** Where a region's threads begin to read. */
    final class Start implements WorkerTeam.Meanwhile {
        private final PanelMatrix matrix;
        /** First panels of the workers' first chunks, and the panel behind the last of these. */
        private final int[] firstPanel = new int[team.size() + 1];
        /** How far each worker has come. A thread that is late by a region spoils no more than what it asks for itself. */
        private final long[] next = new long[SPACING * team.size()];

        private Start(PanelMatrix matrix, PanelChunks chunks) {
            this.matrix = matrix;
            for (int i = 0; i < firstPanel.length; i++) {
                firstPanel[i] = chunks.beginning(i);
            }
        }

        private boolean isAt(PanelMatrix matrix, PanelChunks chunks) {
            boolean same = this.matrix == matrix;
            for (int i = 0; same && i < firstPanel.length; i++) {
                same = firstPanel[i] == chunks.beginning(i);
            }
            return same;
        }

        private void rewind() {
            for (int worker = 0; worker < team.size(); worker++) {
                next[SPACING * worker] = 0;
            }
        }

        @Override
        public boolean step(int worker) {
            long done = next[SPACING * worker];
            long bytes = (firstPanel[worker + 1] - firstPanel[worker]) * matrix.panelBytes();
            long lines = Math.min(STEP_BYTES, Math.min(bytes, MOST_BYTES) - done) / 64;
            if (lines <= 0) {
                return false;
            }
            next[SPACING * worker] = done + STEP_BYTES;
            prefetch.call(matrix.streamed() + firstPanel[worker] * matrix.panelBytes() + done, lines, 0, 0, 0, 0);
            return true;
        }
    }

    /** {@code f(address, lines, -, -, -, -)}. */
    static Assembler prefetch(Target target) {
        var a = target.assembler();
        var frame = new Frame(target);
        frame.enter(a);
        Label next = a.here();
        a.prefetch(General.RDI.at(0));
        a.add(General.RDI, 64);
        a.subtract(General.RSI, 1);
        a.jump(Condition.NOT_EQUAL, next);
        frame.leave(a);
        return a;
    }
}
