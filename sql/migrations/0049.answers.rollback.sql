DROP TABLE user_answers;
