package moka.template.jinja.value;

import java.time.LocalDateTime;
import java.util.function.Supplier;
import moka.template.jinja.value.JinjaException.Kind;

/** The state of one rendering: what is left of its limits, where it is, what time it takes it to be. One thread. */
public final class Run {
    private static final int STEPS_BETWEEN_CLOCK_READINGS = 0x3FFF;

    private final Supplier<LocalDateTime> now;
    private final long deadlineNanos;
    private final int depthLimit;
    private long stepsLeft;
    private long sizeLeft;
    private int depth;
    private int line;
    private boolean autoescape;

    /** @param inputSize characters and elements that the caller handed in: a long conversation may use more than a short one */
    public Run(Limits limits, long inputSize, Supplier<LocalDateTime> now) {
        this.now = now;
        this.stepsLeft = limits.steps() + 16 * inputSize;
        this.sizeLeft = limits.size() + 256 * inputSize;
        this.depthLimit = limits.depth();
        this.deadlineNanos = System.nanoTime() + limits.nanos();
    }

    /** Counts one step. */
    public void step() {
        if ((--stepsLeft & STEPS_BETWEEN_CLOCK_READINGS) == 0 || stepsLeft < 0) {
            checkStepsAndTime();
        }
    }

    /** Counts work that grows with the values at hand. */
    public void steps(long count) {
        long before = stepsLeft;
        stepsLeft -= count;
        if (stepsLeft < 0 || ((before ^ stepsLeft) & ~STEPS_BETWEEN_CLOCK_READINGS) != 0) {
            checkStepsAndTime();
        }
    }

    private void checkStepsAndTime() {
        if (stepsLeft < 0) {
            throw new JinjaException(Kind.LIMIT, "the template takes too many steps: it may be looping without end");
        }
        if (System.nanoTime() - deadlineNanos > 0) {
            throw new JinjaException(Kind.LIMIT, "the template takes too long");
        }
    }

    /** Pays for characters or elements before they are made. */
    public void charge(long size) {
        if (size > sizeLeft || size < 0) {
            throw new JinjaException(Kind.LIMIT, "the template makes too much text or too many values");
        }
        sizeLeft -= size;
        steps(size >> 4);
    }

    /** Gives back what was paid for values that are gone for certain. */
    public void refund(long size) {
        sizeLeft += size;
    }

    /** Goes deeper by so many nested levels; {@link #leave} comes back. */
    public void enter(int levels) {
        if (depth + levels > depthLimit) {
            throw new JinjaException(Kind.LIMIT, "the template goes too deep: a macro, a loop or a value contains itself too often");
        }
        depth += levels;
    }

    /** Comes back from {@link #enter}. */
    public void leave(int levels) {
        depth -= levels;
    }

    /** The line of the statement being executed, from 1; 0 before the first. */
    public int line() {
        return line;
    }

    public void line(int line) {
        this.line = line;
    }

    /** Whether printed text is escaped for HTML: only inside {@code autoescape} blocks. */
    public boolean autoescape() {
        return autoescape;
    }

    public void autoescape(boolean on) {
        this.autoescape = on;
    }

    /** What templates are told when they ask for the time. */
    public LocalDateTime now() {
        return now.get();
    }
}
