package moka.engine.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that runs parallel regions: the caller and {@code size - 1} platform threads. A region is cut into
 * chunks, which the threads take from a counter.
 *
 * <p>Waiting: a thread spins for about 0.1 ms, then yields between checks, and parks when no region came for some milliseconds; so regions
 * that follow each other start within a microsecond, and an idle team uses no processor.
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

    private static final int SPINS = 2000;
    private static final long PARK_AFTER_NANOS = 5_000_000;
    private static final VarHandle NEXT;

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(WorkerTeam.class, "nextChunk", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Worker[] workers;
    private volatile int generation;
    private volatile boolean closed;
    private Region region = (chunk, worker) -> {};
    private int chunkCount;
    private volatile int nextChunk;
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

    /** Runs all chunks and returns when the last is done. What a chunk throws is thrown here. */
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
        nextChunk = 0;
        int now = generation + 1;
        generation = now;
        for (Worker worker : workers) {
            if (worker.parked) {
                LockSupport.unpark(worker);
            }
        }
        take(work, chunks, 0);
        for (Worker worker : workers) {
            int spins = 0;
            while (worker.done != now) {
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    Thread.yield();
                }
            }
        }
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

    private void take(Region work, int chunks, int worker) {
        try {
            int chunk;
            while ((chunk = (int) NEXT.getAndAdd(this, 1)) < chunks) {
                work.run(chunk, worker);
            }
        } catch (Throwable e) {
            failure = e;
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
        private volatile int done;
        private volatile boolean parked;

        Worker(int index) {
            super("moka-worker-" + index);
            this.index = index;
            setDaemon(true);
        }

        @Override
        public void run() {
            int seen = 0;
            while (true) {
                seen = awaitGeneration(seen);
                if (closed) {
                    return;
                }
                take(region, chunkCount, index);
                done = seen;
            }
        }

        private int awaitGeneration(int seen) {
            int spins = 0;
            long start = 0;
            while (true) {
                int now = generation;
                if (now != seen || closed) {
                    return now;
                }
                if (++spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    if (start == 0) {
                        start = System.nanoTime();
                    } else if (System.nanoTime() - start > PARK_AFTER_NANOS) {
                        parked = true;
                        if (generation == seen && !closed) {
                            LockSupport.park(this);
                        }
                        parked = false;
                        start = 0;
                        spins = 0;
                        continue;
                    }
                    Thread.yield();
                }
            }
        }
    }
}
