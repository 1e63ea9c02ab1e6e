package moka.engine.kernel.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import moka.engine.EngineException;
import moka.engine.GenerationListener;
import moka.engine.GenerationOptions;
import moka.engine.Model;
import moka.engine.ModelOptions;
import moka.engine.Session;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.General;
import moka.gguf.GgufException;
import moka.models.DefaultModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are cut while they are read: zeros, a note, and a process that lives. */
class BusErrorGuardTest {
    private static final int PAGE = 4096;

    private static void cut(Path file, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    private static MemorySegment map(Path file, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }

    @Test
    void lostPagesReadAsZerosAndAreNoted(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("file"), new byte[20 * PAGE]);
        Path other = Files.write(folder.resolve("other"), new byte[PAGE]);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment map = map(file, arena);
            MemorySegment sound = map(other, arena);
            Optional<BusErrorGuard> made = BusErrorGuard.of(List.of(map));
            assumeTrue(made.isPresent(), "skipped: no guard against bus errors on this system");
            try (BusErrorGuard guard = made.get();
                    BusErrorGuard bystander = BusErrorGuard.of(List.of(sound)).orElseThrow()) {
                assertEquals(0, map.get(ValueLayout.JAVA_LONG, 19 * PAGE));
                assertFalse(guard.touched());
                cut(file, 2 * PAGE);
                assertEquals(0, map.get(ValueLayout.JAVA_LONG, 5 * PAGE));
                assertTrue(guard.touched());
                assertFalse(bystander.touched());
                // Again from compiled code, a bulk copy, and machine code of our own.
                long sum = 0;
                for (int round = 0; round < 200; round++) {
                    for (long at = 0; at < map.byteSize(); at += 8) {
                        sum += map.get(ValueLayout.JAVA_LONG, at);
                    }
                }
                assertEquals(0, sum);
                assertEquals(0, map.asSlice(11 * PAGE).toArray(ValueLayout.JAVA_BYTE)[17]);
                assertEquals(0, read(map.address() + 17 * PAGE));
            }
        }
    }

    @Test
    void guardsThousandsOfMaps(@TempDir Path folder) throws IOException {
        int count = 4000;
        Path file = Files.write(folder.resolve("file"), new byte[(count + 1) * PAGE]);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment map = map(file, arena);
            List<MemorySegment> pages = IntStream.range(0, count).mapToObj(i -> map.asSlice((long) i * PAGE, PAGE)).toList();
            Optional<BusErrorGuard> made = BusErrorGuard.of(pages);
            assumeTrue(made.isPresent(), "skipped: no guard against bus errors on this system");
            try (BusErrorGuard guard = made.get()) {
                cut(file, PAGE);
                assertFalse(guard.touched());
                assertEquals(0, read(pages.getLast().address()));
                assertTrue(guard.touched());
            }
        }
    }

    private static long read(long address) {
        var a = new Assembler(false);
        a.load(General.RAX, General.RDI.at(0));
        a.ret();
        var builder = new CodeMemory.Builder();
        int offset = builder.add(a);
        try (CodeMemory code = builder.build(SystemMemory.ofThisSystem())) {
            return code.routine(offset).call(address, 0, 0, 0, 0, 0);
        } catch (CodeMemory.RefusedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void bluntReadsElsewhereStillReachTheJvm(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("file"), new byte[20 * PAGE]);
        Path guarded = Files.write(folder.resolve("guarded"), new byte[PAGE]);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment map = map(file, arena);
            Optional<BusErrorGuard> guard = BusErrorGuard.of(List.of(map(guarded, arena)));
            cut(file, PAGE);
            assertThrows(InternalError.class, () -> map.get(ValueLayout.JAVA_LONG, 5 * PAGE));
            guard.ifPresent(BusErrorGuard::close);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"machine", "vector", "scalar"})
    void aModelFileThatIsCutEndsTheAnswerWithOneLine(String kernels, @TempDir Path folder) throws Exception {
        Path file = folder.resolve("model.gguf");
        for (int round = 0; round < 4; round++) {
            try (InputStream stream = DefaultModel.open()) {
                Files.copy(stream, file);
            }
            Model model;
            try {
                model = Model.open(file, ModelOptions.DEFAULT.withRepack(false).withKernels(kernels));
            } catch (EngineException refused) {
                assumeTrue(false, "skipped: " + refused.getMessage());
                return;
            }
            try (model;
                    Session session = model.newSession()) {
                int delay = 20 * round;
                Thread cutter = Thread.ofPlatform().start(() -> {
                    try {
                        Thread.sleep(delay);
                        cut(file, 100_000);
                    } catch (IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
                RuntimeException failure = assertThrows(RuntimeException.class, () -> {
                    while (true) {
                        session.clear();
                        session.generate(new int[] {1, 2, 3}, GenerationOptions.DEFAULT, GenerationListener.SILENT);
                    }
                });
                cutter.join();
                assertTrue(failure instanceof GgufException, failure.toString());
                assertTrue(failure.getMessage().contains("changed while it was open"), failure.getMessage());
            }
            Files.delete(file);
        }
    }
}
