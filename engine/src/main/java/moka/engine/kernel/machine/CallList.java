package moka.engine.kernel.machine;

import java.util.Arrays;

/**
 * Calls of routines with their arguments: put together once, made for every token. Running one makes no object and works nothing out, so it is as fast while
 * the JVM interprets as when it has compiled it, nearly: two loads and a call.
 */
final class CallList {
    private static final int ARGUMENTS = 6;

    private Routine[] routines = new Routine[4];
    private long[] arguments = new long[4 * ARGUMENTS];
    private int count;

    /** One more call, behind the others. */
    void add(Routine routine, long a, long b, long c, long d, long e, long f) {
        if (count == routines.length) {
            routines = Arrays.copyOf(routines, 2 * count);
            arguments = Arrays.copyOf(arguments, 2 * count * ARGUMENTS);
        }
        routines[count] = routine;
        long[] all = arguments;
        int at = count * ARGUMENTS;
        all[at] = a;
        all[at + 1] = b;
        all[at + 2] = c;
        all[at + 3] = d;
        all[at + 4] = e;
        all[at + 5] = f;
        count++;
    }

    int count() {
        return count;
    }

    /** Makes the calls {@code from} to {@code end}, in order. */
    void run(int from, int end) {
        long[] all = arguments;
        for (int call = from; call < end; call++) {
            int at = call * ARGUMENTS;
            routines[call].call(all[at], all[at + 1], all[at + 2], all[at + 3], all[at + 4], all[at + 5]);
        }
    }
}
