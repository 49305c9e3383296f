@cap:fail-points @fault:crash
Feature: Killed in the middle of work
  A process ends by SIGKILL at a step that it was seen to pass, and starts again, or its call is made
  again. Everything comes right without a hand: cloud, books, kernel and pods agree.

  @req:FLT-2
  Scenario Outline: The plugin may be killed during <verb>
    Given a node "n1"
    And a pod "z" on "n1"
    When the plugin is killed at 2 steps of <verb> on "n1"
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | verb |
      | ADD  |
      | DEL  |

  @req:FLT-2 @slow
  Scenario Outline: The plugin may be killed at every step of <verb>
    Given a node "n1"
    And a pod "z" on "n1"
    When the plugin is killed at every step of <verb> on "n1"
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

    Examples:
      | verb |
      | ADD  |
      | DEL  |

  @req:FLT-2
  Scenario: The agent may be killed in the middle of its work
    Given a node "n1" with:
      | config min_pool_size | 0       |
      | config max_pool_size | 0       |
      | config address_rest  | "200ms" |
    And a pod "z" on "n1"
    When the agent of "n1" is killed at 2 steps of its work
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

  @req:FLT-2 @slow
  Scenario: The agent may be killed at every step of its work
    Given a node "n1" with:
      | config min_pool_size | 0       |
      | config max_pool_size | 0       |
      | config address_rest  | "200ms" |
    And a pod "z" on "n1"
    When the agent of "n1" is killed at every step of its work
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

  @req:FLT-2 @serial
  Scenario: The controller may be killed in the middle of its work
    Given a node "n1" with:
      | config min_pool_size    | 0       |
      | config max_pool_size    | 0       |
      | config address_rest     | "200ms" |
      | config allocate_timeout | "3s"    |
    And a pod "z" on "n1"
    When the controller is killed at 2 steps of its work for "n1"
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

  @req:FLT-2 @slow @serial
  Scenario: The controller may be killed at every step of giving addresses
    Given a node "n1" with:
      | config min_pool_size    | 0       |
      | config max_pool_size    | 0       |
      | config address_rest     | "200ms" |
      | config allocate_timeout | "3s"    |
    And a pod "z" on "n1"
    When the controller is killed at every step of its work for "n1"
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address

  @req:FLT-2 @slow @serial
  Scenario: The controller may be killed at every step of plugging interfaces in and out
    An interface of this type has one address, so every pod needs one of its own.

    Given the cloud sells type "plumbline.odd.one-each" with 14 interfaces of 1 addresses
    And a node "n1" with:
      | type                    | plumbline.odd.one-each |
      | config min_pool_size    | 0       |
      | config max_pool_size    | 0       |
      | config address_rest     | "200ms" |
      | config allocate_timeout | "3s"    |
    And a pod "z" on "n1"
    When the controller is killed at every step of its work for "n1"
    Then it was killed where it was to be
    And "z" reaches the world over TCP with IPv4, under its own address
