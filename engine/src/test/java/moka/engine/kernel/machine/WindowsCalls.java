package moka.engine.kernel.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import moka.engine.kernel.machine.x86.Assembler;
import moka.engine.kernel.machine.x86.Assembler.Condition;
import moka.engine.kernel.machine.x86.General;
import moka.engine.kernel.machine.x86.Label;
import moka.engine.kernel.machine.x86.Vector;

/**
 * Routines for callers that follow the convention of Windows, called on Linux: before each stands a piece of code that takes the arguments as Linux gives
 * them and hands them over as Windows does, with known values in all that the routine has to keep: {@code RBX, RBP, RDI, RSI, R12} to {@code
 * R15, XMM6} to {@code XMM15} and the stack above its arguments. What comes back with other values is counted.
 */
final class WindowsCalls implements AutoCloseable {
    private static final List<General> KEPT_FOR_LINUX = List.of(General.RBX, General.RBP, General.R12, General.R13, General.R14, General.R15);
    private static final List<General> KEPT_FOR_WINDOWS = List.of(
            General.RBX, General.RBP, General.RDI, General.RSI, General.R12, General.R13, General.R14, General.R15);
    private static final int FIRST_KEPT_VECTOR = 6;
    private static final int KEPT_VECTORS = 10;

    // The caller's frame: 32 bytes that the routine may use, arguments five and six, 16 bytes that it must not touch; RSP is a multiple of 16.
    private static final int FIFTH = 32;
    private static final int SIXTH = 40;
    private static final int ABOVE = 48;
    private static final int FRAME_BYTES = 72;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment vectors = arena.allocate(16 * KEPT_VECTORS, 16);
    /** By name: times called, times that something was not kept. */
    private final Map<String, MemorySegment> counts = new TreeMap<>();

    WindowsCalls() {
        for (int i = 0; i < 2 * KEPT_VECTORS; i++) {
            vectors.setAtIndex(LONG, i, pattern(100 + i));
        }
    }

    private static long pattern(int index) {
        return 0x9E37_79B9_7F4A_7C15L * (index + 1);
    }

    /** Code that Linux can call, from code made for Windows. */
    KernelCode of(KernelCode windows) {
        return (KernelCode) Proxy.newProxyInstance(KernelCode.class.getClassLoader(), new Class<?>[] {KernelCode.class}, (proxy, method, arguments) -> {
            try {
                Object result = method.invoke(windows, arguments);
                boolean routine = result instanceof byte[] bytes && bytes.length > 0;
                return routine ? called(method.getName() + (arguments == null ? "" : Arrays.toString(arguments)), (byte[]) result) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    /** The routine with the piece of code before it. */
    byte[] called(String name, byte[] routine) {
        long counters = counters(name).address();
        byte[] before = before();
        byte[] after = after(counters);
        int call = before.length;
        int target = call + 5 + after.length + 63 & -64;
        byte[] code = new byte[target + routine.length];
        System.arraycopy(before, 0, code, 0, before.length);
        code[call] = (byte) 0xE8;
        for (int i = 0; i < 4; i++) {
            code[call + 1 + i] = (byte) (target - call - 5 >> 8 * i);
        }
        System.arraycopy(after, 0, code, call + 5, after.length);
        System.arraycopy(routine, 0, code, target, routine.length);
        return code;
    }

    private synchronized MemorySegment counters(String name) {
        return counts.computeIfAbsent(name, it -> arena.allocate(16, 8));
    }

    private byte[] before() {
        var a = new Assembler(false);
        KEPT_FOR_LINUX.forEach(a::push);
        a.subtract(General.RSP, FRAME_BYTES);
        a.store(General.RSP.at(FIFTH), General.R8);
        a.store(General.RSP.at(SIXTH), General.R9);
        a.move(General.R9, General.RCX);
        a.move(General.R8, General.RDX);
        a.move(General.RDX, General.RSI);
        a.move(General.RCX, General.RDI);
        for (General kept : KEPT_FOR_WINDOWS) {
            a.set(kept, pattern(kept.ordinal()));
        }
        a.store(General.RSP.at(ABOVE), General.RBX);
        a.store(General.RSP.at(ABOVE + 8), General.RBP);
        a.set(General.RAX, vectors.address());
        for (int i = 0; i < KEPT_VECTORS; i++) {
            a.loadSaved(Vector.xmm(FIRST_KEPT_VECTOR + i), General.RAX.at(16 * i));
        }
        return a.toBytes();
    }

    private static byte[] after(long counters) {
        var a = new Assembler(false);
        Label broken = a.label();
        Label end = a.label();
        a.move(General.R10, General.RAX);
        for (General kept : KEPT_FOR_WINDOWS) {
            a.set(General.RAX, pattern(kept.ordinal()));
            a.compare(General.RAX, kept);
            a.jump(Condition.NOT_EQUAL, broken);
        }
        compareAbove(a, pattern(General.RBX.ordinal()), pattern(General.RBP.ordinal()), broken);
        for (int i = 0; i < KEPT_VECTORS; i++) {
            a.storeSaved(General.RSP.at(ABOVE), Vector.xmm(FIRST_KEPT_VECTOR + i));
            compareAbove(a, pattern(100 + 2 * i), pattern(101 + 2 * i), broken);
        }
        a.jump(end);
        a.bind(broken);
        increase(a, counters + 8);
        a.bind(end);
        increase(a, counters);
        a.move(General.RAX, General.R10);
        a.add(General.RSP, FRAME_BYTES);
        KEPT_FOR_LINUX.reversed().forEach(a::pop);
        a.ret();
        return a.toBytes();
    }

    private static void compareAbove(Assembler a, long first, long second, Label broken) {
        for (int i = 0; i < 2; i++) {
            a.set(General.RAX, i == 0 ? first : second);
            a.load(General.RCX, General.RSP.at(ABOVE + 8 * i));
            a.compare(General.RAX, General.RCX);
            a.jump(Condition.NOT_EQUAL, broken);
        }
    }

    private static void increase(Assembler a, long address) {
        a.set(General.RAX, address);
        a.load(General.RCX, General.RAX.at(0));
        a.add(General.RCX, 1);
        a.store(General.RAX.at(0), General.RCX);
    }

    /** Names of the routines that were called, without what they were made for. */
    synchronized Set<String> kindsCalled() {
        var kinds = new TreeSet<String>();
        names(it -> it.getAtIndex(LONG, 0) > 0).forEach(name -> kinds.add(name.replaceAll("\\[.*", "")));
        return kinds;
    }

    /** Routines that changed what they have to keep. */
    synchronized Set<String> broken() {
        return names(it -> it.getAtIndex(LONG, 1) > 0);
    }

    private Set<String> names(Predicate<MemorySegment> condition) {
        var names = new TreeSet<String>();
        counts.forEach((name, counters) -> {
            if (condition.test(counters)) {
                names.add(name);
            }
        });
        return names;
    }

    @Override
    public void close() {
        arena.close();
    }
}
