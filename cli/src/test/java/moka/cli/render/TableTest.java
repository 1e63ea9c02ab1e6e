package moka.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import moka.cli.render.Table.Align;
import org.junit.jupiter.api.Test;

class TableTest {
    private static Table table() {
        return new Table(List.of("file", "size", "quality"), List.of(Align.LEFT, Align.RIGHT, Align.RIGHT))
                .row("a.gguf", "5 MiB", "0.01")
                .row("b.gguf", "12 MiB", "0.005");
    }

    @Test
    void aTableThatFitsIsOne() {
        assertEquals(table().markdown(), table().markdown(29));
        assertEquals(
                """
                | file   |   size | quality |
                | ------ | -----: | ------: |
                | a.gguf |  5 MiB |    0.01 |
                | b.gguf | 12 MiB |   0.005 |
                """,
                table().markdown(29));
    }

    @Test
    void aWiderOneStandsInPartsWithTheFirstColumnInEach() {
        String parts =
                """
                | file   |   size |
                | ------ | -----: |
                | a.gguf |  5 MiB |
                | b.gguf | 12 MiB |

                | file   | quality |
                | ------ | ------: |
                | a.gguf |    0.01 |
                | b.gguf |   0.005 |
                """;
        assertEquals(parts, table().markdown(28));
        assertEquals(parts, table().markdown(5), "one column beside the first, however narrow");
    }
}
