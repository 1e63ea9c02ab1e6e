package moka.engine.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkerTeamTest {
    @Test
    void runsEveryChunkOnceAndReturnsWhenAllAreDone() {
        var random = new SplittableRandom(1);
        for (int size : new int[] {1, 2, 3, 7}) {
            try (WorkerTeam team = new WorkerTeam(size)) {
                for (int region = 0; region < 500; region++) {
                    int chunks = random.nextInt(40);
                    // Written without any order of its own: the region's end must be one.
                    int[] runs = new int[chunks];
                    int[] workers = new int[chunks];
                    team.run(chunks, (chunk, worker) -> {
                        runs[chunk]++;
                        workers[chunk] = worker;
                    });
                    for (int chunk = 0; chunk < chunks; chunk++) {
                        assertEquals(1, runs[chunk], "chunk " + chunk + " of " + chunks + ", region " + region + ", " + size + " threads");
                        assertTrue(workers[chunk] >= 0 && workers[chunk] < size, "worker " + workers[chunk]);
                    }
                }
            }
        }
    }

    @Test
    void givesEachThreadAnIndexOfItsOwn() {
        int size = 5;
        try (WorkerTeam team = new WorkerTeam(size)) {
            var inUse = new AtomicIntegerArray(size);
            var together = new AtomicInteger();
            for (int region = 0; region < 300; region++) {
                team.run(30, (chunk, worker) -> {
                    if (inUse.getAndIncrement(worker) != 0) {
                        together.incrementAndGet();
                    }
                    Thread.onSpinWait();
                    inUse.decrementAndGet(worker);
                });
            }
            assertEquals(0, together.get(), "chunks that ran beside another one of the same worker");
        }
    }

    @Test
    void waitsForALongChunkOfAnotherThread() {
        try (WorkerTeam team = new WorkerTeam(2)) {
            int[] done = new int[2];
            team.run(2, (chunk, worker) -> {
                // Far longer than the caller spins, whoever of both it is.
                sleep(worker == 0 ? 1 : 30);
                done[chunk] = 1;
            });
            assertEquals(2, done[0] + done[1]);
        }
    }

    @Test
    void wakesWorkersThatHaveGoneToSleep() throws InterruptedException {
        try (WorkerTeam team = new WorkerTeam(2)) {
            for (int round = 0; round < 3; round++) {
                Thread.sleep(15);
                var both = new AtomicInteger();
                // Ends only if two threads take part.
                team.run(2, (chunk, worker) -> {
                    both.incrementAndGet();
                    while (both.get() < 2) {
                        Thread.onSpinWait();
                    }
                });
                assertEquals(2, both.get());
            }
        }
    }

    @Test
    void throwsWhatAChunkThrowsAndGoesOnWithTheNextRegion() {
        try (WorkerTeam team = new WorkerTeam(3)) {
            var thrown = new IllegalArgumentException("chunk 5");
            for (int round = 0; round < 100; round++) {
                assertSame(
                        thrown,
                        assertThrows(
                                IllegalArgumentException.class,
                                () -> team.run(20, (chunk, worker) -> {
                                    if (chunk == 5) {
                                        throw thrown;
                                    }
                                })));
                var count = new AtomicInteger();
                team.run(20, (chunk, worker) -> count.incrementAndGet());
                assertEquals(20, count.get());
            }
        }
    }

    @Test
    void refusesWorkOnceClosed() {
        var team = new WorkerTeam(2);
        team.close();
        team.close();
        assertThrows(IllegalStateException.class, () -> team.run(2, (chunk, worker) -> {}));
    }

    private static void sleep(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void threadsWithoutAChunkDoStepsMeanwhile() {
        try (WorkerTeam team = new WorkerTeam(3)) {
            var steps = new AtomicIntegerArray(3);
            team.meanwhile(worker -> steps.getAndIncrement(worker) < 100);
            // The caller's chunk waits for steps of the others: without them this test does not end.
            var chunksOfCaller = new AtomicInteger();
            for (int region = 0; region < 200 || chunksOfCaller.get() == 0; region++) {
                steps.set(1, 0);
                steps.set(2, 0);
                team.run(2, (chunk, worker) -> {
                    if (worker == 0) {
                        chunksOfCaller.incrementAndGet();
                        while (steps.get(1) + steps.get(2) < 20) {
                            Thread.onSpinWait();
                        }
                    }
                });
            }
            assertTrue(steps.get(1) + steps.get(2) >= 20);
        }
    }

    @Test
    void nothingIsDoneMeanwhileOnceThatIsTakenBack() {
        try (WorkerTeam team = new WorkerTeam(4)) {
            for (int round = 0; round < 300; round++) {
                var taken = new AtomicInteger();
                team.meanwhile(worker -> {
                    taken.compareAndSet(1, 2);
                    return true;
                });
                team.run(4, (chunk, worker) -> {});
                team.meanwhile(null);
                taken.set(1);
                team.run(4, (chunk, worker) -> {});
                assertEquals(1, taken.get(), "a step after it was taken back, round " + round);
            }
        }
    }
}
