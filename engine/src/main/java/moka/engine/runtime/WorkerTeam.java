package moka.engine.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that runs parallel regions: the caller and {@code size - 1} platform threads. A region is cut into
 * chunks, which the threads take from a counter.
 *
 * <p>A region has ended when all chunks are done, whoever did them: a thread that has no processor when a region begins is not waited for, and takes
 * chunks of the next one when it comes back. Only one that loses its processor within a chunk holds the others up.
 *
 * <p>Waiting: a thread spins for about 0.1 ms, so that regions that follow each other start within a microsecond. Then the caller, who waits for a
 * chunk of somebody without a processor, sleeps until it is woken: that leaves its own processor to others at no loss (the system takes a thread that
 * yields for one that forgoes its share), and both go on at the same time. Workers, who wait for the next region, yield for some milliseconds and
 * then park, so that an idle team uses no processor.
 *
 * <p>One region at a time: calls come from one thread at a time (the model's lock). A region must not start another.
 */
public final class WorkerTeam implements AutoCloseable {
    /** The work of a region. */
    @FunctionalInterface
    public interface Region {
        /**
         * Runs one chunk.
         *
         * @param chunk index of the chunk
         * @param worker index of the thread in the team, below {@link #size()}: for scratch memory
         */
        void run(int chunk, int worker);
    }

    /** What threads do while they wait, for the next region or for the end of one: small pieces that may be left out. */
    @FunctionalInterface
    public interface Meanwhile {
        /**
         * Does a piece of less than a microsecond. Must not throw.
         *
         * @param worker index of the thread in the team
         * @return false if there was nothing to do
         */
        boolean step(int worker);
    }

    private static final int SPINS = 2000;
    private static final long PARK_AFTER_NANOS = 5_000_000;
    private static final VarHandle LEFT;
    private static final VarHandle DONE;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LEFT = lookup.findVarHandle(WorkerTeam.class, "left", int.class);
            DONE = lookup.findVarHandle(WorkerTeam.class, "done", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Worker[] workers;
    private volatile boolean closed;
    private volatile @Nullable Meanwhile meanwhile;
    // The region: written before its chunks are handed out, and not again before all are done.
    private Region region = (chunk, worker) -> {};
    private int chunkCount;
    /** Chunks that nobody has taken; 0 or less: none. */
    private volatile int left;
    /** Chunks that are done. */
    private volatile int done;
    /** The caller, where it sleeps until all are done. */
    private volatile @Nullable Thread sleeper;
    private volatile @Nullable Throwable failure;

    /** Starts the threads. @param size number of threads, the caller's included; at least 1 */
    public WorkerTeam(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("a team of " + size + " threads: expected at least 1");
        }
        workers = new Worker[size - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
        }
        for (Worker worker : workers) {
            worker.start();
        }
    }

    /** Number of threads, the caller's included. */
    public int size() {
        return workers.length + 1;
    }

    /** Runs all chunks and returns when the last is done. What a chunk throws is thrown here, and chunks that were not begun by then are left out. */
    public void run(int chunks, Region work) {
        if (chunks <= 0) {
            return;
        }
        if (workers.length == 0 || chunks == 1) {
            for (int i = 0; i < chunks; i++) {
                work.run(i, 0);
            }
            return;
        }
        if (closed) {
            throw new IllegalStateException("the team is closed");
        }
        region = work;
        chunkCount = chunks;
        done = 0;
        left = chunks;
        for (Worker worker : workers) {
            if (worker.parked) {
                LockSupport.unpark(worker);
            }
        }
        takeChunks(0);
        awaitDone(chunks);
        Throwable thrown = failure;
        if (thrown != null) {
            failure = null;
            switch (thrown) {
                case Error error -> throw error;
                case RuntimeException exception -> throw exception;
                default -> throw new IllegalStateException(thrown);
            }
        }
    }

    /** What threads do while they wait from now on; null: nothing, and when this returns none does what it did before. */
    public void meanwhile(@Nullable Meanwhile work) {
        meanwhile = work;
        if (work == null) {
            for (Worker worker : workers) {
                while (worker.stepping) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    /**
     * Runs chunks until none is left. A chunk that was taken keeps its region from ending, so its fields hold; and whoever comes late takes chunks of the
     * region that runs by then.
     */
    private void takeChunks(int worker) {
        int taken = 0;
        int before;
        while ((before = (int) LEFT.getAndAdd(this, -1)) > 0) {
            taken++;
            try {
                if (failure == null) {
                    region.run(chunkCount - before, worker);
                }
            } catch (Throwable e) {
                failure = e;
            }
        }
        if (taken > 0) {
            DONE.getAndAdd(this, taken);
            Thread waiting = sleeper;
            if (waiting != null) {
                LockSupport.unpark(waiting);
            }
        }
    }

    private void awaitDone(int chunks) {
        for (int spins = 0; done != chunks; spins++) {
            if (spins < SPINS) {
                Meanwhile work = meanwhile;
                if (work == null || !work.step(0)) {
                    Thread.onSpinWait();
                }
                continue;
            }
            sleeper = Thread.currentThread();
            if (done != chunks) {
                LockSupport.park(this);
            }
            sleeper = null;
        }
    }

    /** Ends the threads; a second call does nothing. */
    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    private final class Worker extends Thread {
        private final int index;
        private volatile boolean parked;
        /** Within a step of {@link Meanwhile}, or about to look whether there is one. */
        private volatile boolean stepping;

        Worker(int index) {
            super("moka-worker-" + index);
            this.index = index;
            setDaemon(true);
        }

        @Override
        public void run() {
            while (awaitChunks()) {
                takeChunks(index);
            }
        }

        /** @return false if the team was closed */
        private boolean awaitChunks() {
            int spins = 0;
            long start = 0;
            while (left <= 0 && !closed) {
                if (meanwhile != null && step()) {
                    continue;
                }
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else if (start == 0) {
                    start = System.nanoTime();
                } else if (System.nanoTime() - start > PARK_AFTER_NANOS) {
                    parked = true;
                    if (left <= 0 && !closed) {
                        LockSupport.park(this);
                    }
                    parked = false;
                    start = 0;
                    spins = 0;
                } else {
                    Thread.yield();
                }
            }
            return !closed;
        }

        private boolean step() {
            stepping = true;
            Meanwhile work = meanwhile;
            boolean done = work != null && work.step(index);
            stepping = false;
            return done;
        }
    }
}
