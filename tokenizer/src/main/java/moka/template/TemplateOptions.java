package moka.template;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.function.Supplier;

/**
 * How templates are run.
 *
 * @param now the local time that {@code strftime_now} shows
 * @param maxSteps statements, calls and operators that a rendering may execute, plus some for each character of the messages
 * @param maxSize characters and elements that a rendering may make in all, plus some for each character of the messages
 * @param maxTime how long a rendering may take; a template that loops ends by its steps first
 */
public record TemplateOptions(Supplier<LocalDateTime> now, long maxSteps, long maxSize, Duration maxTime) {
    /** The clock of the system, and limits that no published template comes near. */
    public static final TemplateOptions DEFAULT =
            new TemplateOptions(new SystemClock(), 4_000_000, 6_000_000, Duration.ofSeconds(10));

    /** Another clock, for a date that is fixed. */
    public TemplateOptions withNow(Supplier<LocalDateTime> clock) {
        return new TemplateOptions(clock, maxSteps, maxSize, maxTime);
    }

    /** Other limits. */
    public TemplateOptions withLimits(long steps, long size, Duration time) {
        return new TemplateOptions(now, steps, size, time);
    }

    /** A class and not a lambda: cheaper when the program starts, and most templates never ask for the time. */
    private static final class SystemClock implements Supplier<LocalDateTime> {
        @Override
        public LocalDateTime get() {
            return LocalDateTime.now();
        }
    }
}
