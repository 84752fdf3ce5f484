package com.example;

import java.util.Arrays;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Asks its arguments, prints the answers, and ends. */
@SpringBootApplication
class Application {
    public static void main(String[] questions) {
        System.exit(SpringApplication.exit(SpringApplication.run(Application.class, questions)));
    }

    @Bean
    CommandLineRunner asking(Halfrate halfrate) {
        return questions -> {
            var answers = Arrays.stream(questions).map(halfrate::ask).toList();
            for (var answer : answers) {
                var result = answer.get();
                System.out.println(String.join(
                        "\t",
                        result.get("custom_id").stringValue(),
                        result.get("status").stringValue(),
                        result.at("/response/choices/0/message/content").asString("").replaceAll("\\s+", " ")));
            }
        };
    }
}
