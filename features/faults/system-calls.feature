@cap:shared-eni @fault:crash
Feature: A plugin that is killed at a system call
  For any target: a tracer ends the plugin by SIGKILL when it makes a system call that changes
  something or tells somebody, and the runtime makes the call again.

  @req:FLT-2
  Scenario Outline: A <verb> that is killed at a system call is made again
    Given a node "n1"
    And a pod "z" on "n1"
    When the plugin is killed at 4 system calls of <verb> on "n1"
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | verb |
      | ADD  |
      | DEL  |

  @req:FLT-2 @slow
  Scenario Outline: A <verb> may be killed at every system call
    Given a node "n1"
    And a pod "z" on "n1"
    When the plugin is killed at every system call of <verb> on "n1"
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | verb |
      | ADD  |
      | DEL  |
