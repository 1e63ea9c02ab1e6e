package moka.engine.kernel.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Label;

/**
 * Keeps the process alive when pages of a mapped file go away: a file that is cut while a model computes, or a disk that fails. The system
 * then answers a read with the signal SIGBUS, which ends a JVM that is in machine code or in some compiled loops. Here a handler of
 * our own lays a page of zeros in the place of the lost one, notes that, and lets the read go on; whoever computes asks {@link #touched} before
 * it uses the results. Bus errors elsewhere go on to the JVM's handler.
 *
 * <p>Linux on x86-64; elsewhere, and where the system refuses, there is no guard and the JVM's own handling is all there is.
 */
public final class BusErrorGuard implements AutoCloseable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int SIGBUS = 7;
    private static final int SYSCALL_MMAP = 9;
    private static final int SYSCALL_RT_SIGACTION = 13;
    private static final long WITH_SIGNAL_INFORMATION = 4;
    private static final long PAGE = 4096;

    private final Table table;
    private final List<Integer> entries;

    private BusErrorGuard(Table table, List<Integer> entries) {
        this.table = table;
        this.entries = entries;
    }

    /** Guards maps until closed, which must come before they are unmapped; empty if there is nothing to guard, or no way. */
    public static Optional<BusErrorGuard> of(List<MemorySegment> maps) {
        if (maps.isEmpty()) {
            return Optional.empty();
        }
        return Installed.TABLE.map(table -> {
            var entries = new ArrayList<Integer>();
            for (MemorySegment map : maps) {
                table.add(map.address(), map.address() + map.byteSize()).ifPresent(entries::add);
            }
            return new BusErrorGuard(table, entries);
        });
    }

    /** Whether a page was lost since the guard was made: what was computed from it is worthless. */
    public boolean touched() {
        for (int i = 0; i < entries.size(); i++) {
            if (table.touched(entries.get(i))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        entries.forEach(table::remove);
        entries.clear();
    }

    /** A process has one handler of a signal: installed at the first guard, never taken back. */
    private static final class Installed {
        static final Optional<Table> TABLE = install();

        private static Optional<Table> install() {
            String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
            if (!system.contains("linux") || !System.getProperty("os.arch").matches("amd64|x86_64")
                    || !BusErrorGuard.class.getModule().isNativeAccessEnabled()) {
                return Optional.empty();
            }
            try (Arena arena = Arena.ofConfined()) {
                SystemMemory memory = SystemMemory.ofThisSystem();
                var table = new Table(SystemMemory.view(memory.reserve(Table.BYTES), Table.BYTES));
                var builder = new CodeMemory.Builder();
                int syscall = builder.add(syscall());
                int handler = builder.add(handler(table.memory.address()));
                CodeMemory code = builder.build(memory);
                // struct { handler, flags, restorer, mask }: all but the handler stays as the JVM has set it.
                MemorySegment action = arena.allocate(32, 8);
                Routine call = code.routine(syscall);
                if (call.call(SYSCALL_RT_SIGACTION, SIGBUS, 0, action.address(), 8, 0) != 0
                        || action.get(LONG, 0) <= 1
                        || (action.get(LONG, 8) & WITH_SIGNAL_INFORMATION) == 0) {
                    return Optional.empty();
                }
                table.memory.set(LONG, 0, action.get(LONG, 0));
                action.set(LONG, 0, code.routine(handler).entry().address());
                return call.call(SYSCALL_RT_SIGACTION, SIGBUS, action.address(), 0, 8, 0) == 0
                        ? Optional.of(table)
                        : Optional.empty();
            } catch (CodeMemory.RefusedException | UnsupportedOperationException e) {
                return Optional.empty();
            }
        }
    }

    /**
     * What the handler reads, off-heap: {@code int64} address of the JVM's handler, {@code int64} entries, then for each entry
     * {@code int64} begin, end (0 where it is free), touched.
     */
    private static final class Table {
        private static final int ENTRY_BYTES = 24;
        private static final int HEAD_BYTES = 16;
        /** More than the maps that Linux grants to a process (65,530 unless told otherwise). Pages that no entry has reached take no memory. */
        static final long BYTES = (HEAD_BYTES + 65_536L * ENTRY_BYTES + PAGE - 1) / PAGE * PAGE;
        private static final int MOST = (int) ((BYTES - HEAD_BYTES) / ENTRY_BYTES);

        final MemorySegment memory;

        Table(MemorySegment memory) {
            this.memory = memory;
        }

        /** Index of the new entry, or empty if there is no room: then these pages are not guarded. */
        synchronized Optional<Integer> add(long begin, long end) {
            for (int i = 0; i < MOST; i++) {
                long at = HEAD_BYTES + (long) ENTRY_BYTES * i;
                if (memory.get(LONG, at + 8) == 0) {
                    memory.set(LONG, at + 16, 0);
                    memory.set(LONG, at, begin);
                    memory.set(LONG, at + 8, end);
                    memory.set(LONG, 8, Math.max(memory.get(LONG, 8), i + 1));
                    return Optional.of(i);
                }
            }
            return Optional.empty();
        }

        boolean touched(int entry) {
            return (long) ValueLayout.JAVA_LONG.varHandle().getVolatile(memory, HEAD_BYTES + (long) ENTRY_BYTES * entry + 16) != 0;
        }

        synchronized void remove(int entry) {
            memory.set(LONG, HEAD_BYTES + (long) ENTRY_BYTES * entry + 8, 0);
        }
    }

    /** {@code (number, a, b, c, d, unused)}: note that the routine's arguments come in the registers of C, not of the kernel. */
    private static Assembler syscall() {
        var a = new Assembler(false);
        a.move(General.RAX, General.RDI);
        a.move(General.RDI, General.RSI);
        a.move(General.RSI, General.RDX);
        a.move(General.RDX, General.RCX);
        a.move(General.R10, General.R8);
        a.move(General.R8, General.R9);
        a.syscall();
        a.ret();
        return a;
    }

    /** {@code (signal, information, context)}, with the address of the fault at byte 16 of the information. */
    private static Assembler handler(long table) {
        var a = new Assembler(false);
        Label next = a.label();
        Label hit = a.label();
        Label miss = a.label();
        a.set(General.R8, table);
        a.load(General.RAX, General.RSI.at(16));
        a.load(General.RCX, General.R8.at(8));
        a.address(General.R9, General.R8.at(Table.HEAD_BYTES));
        Label loop = a.here();
        a.test(General.RCX, General.RCX);
        a.jump(Condition.EQUAL, miss);
        a.load(General.R10, General.R9.at(0));
        a.compare(General.RAX, General.R10);
        a.jump(Condition.BELOW, next);
        a.load(General.R10, General.R9.at(8));
        a.compare(General.RAX, General.R10);
        a.jump(Condition.BELOW, hit);
        a.bind(next);
        a.add(General.R9, Table.ENTRY_BYTES);
        a.subtract(General.RCX, 1);
        a.jump(loop);

        a.bind(hit);
        a.set(General.R10, 1);
        a.store(General.R9.at(16), General.R10);
        a.push(General.RDI);
        a.push(General.RSI);
        a.push(General.RDX);
        // mmap(page, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0)
        a.move(General.RDI, General.RAX);
        a.and(General.RDI, (int) -PAGE);
        a.set(General.RSI, PAGE);
        a.set(General.RDX, 1);
        a.set(General.R10, 0x32);
        a.set(General.R8, -1);
        a.set(General.R9, 0);
        a.set(General.RAX, SYSCALL_MMAP);
        a.syscall();
        a.pop(General.RDX);
        a.pop(General.RSI);
        a.pop(General.RDI);
        a.set(General.RCX, -4095); // from here on up results are errors
        a.compare(General.RAX, General.RCX);
        a.jump(Condition.NOT_BELOW, miss);
        a.ret();

        a.bind(miss);
        a.set(General.R8, table);
        a.load(General.RAX, General.R8.at(0));
        a.jump(General.RAX);
        return a;
    }
}
