@cap:state-files @cap:agent @cap:shared-eni @fault:torn-state @req:FLT-11
Feature: State files that are not as the agent left them
  Power failed, a disk was full, a backup was put back. Pods that run are nobody's to lose:
  they keep their addresses, nobody else gets them, and DEL gives them back.

  Scenario Outline: An agent whose state files are <damage> knows its pods
    Given a node "n1"
    And a pod "a" on "n1"
    And the state files of "n1" are copied
    And a pod "b" on "n1"
    When the agent of "n1" is killed
    And the state files of "n1" are <damage>
    And the agent of "n1" is started
    Then "n1" has a network configuration again
    When a sandbox "c" on "n1"
    Then "n1" comes to serve "c"
    When 2 pods come to "n1"
    Then no two pods have an address in common
    And "a" reaches the world over TCP with IPv4, under its own address
    And "b" reaches the world over TCP with IPv6, under its own address
    And "c" reaches "b" over TCP with IPv4
    And pods, cloud, kernel and reports of "n1" come to agree
    When the runtime deletes "a"
    Then it succeeds
    And pods, cloud, kernel and reports of "n1" come to agree

    Examples:
      | damage                      |
      | gone                        |
      | empty                       |
      | cut off                     |
      | filled with zeros           |
      | torn                        |
      | changed in one bit a sector |
      | those of another day        |

  @cap:state-version
  Scenario Outline: An agent whose state files are <damage> knows its pods
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    When the agent of "n1" is killed
    And the state files of "n1" are <damage>
    And the agent of "n1" is started
    Then "n1" has a network configuration again
    When a sandbox "c" on "n1"
    Then "n1" comes to serve "c"
    And no two pods have an address in common
    And "a" reaches the world over TCP with IPv4, under its own address
    And "b" reaches the world over TCP with IPv6, under its own address
    And pods, cloud, kernel and reports of "n1" come to agree
    When the runtime deletes "a"
    Then it succeeds
    And pods, cloud, kernel and reports of "n1" come to agree

    Examples:
      | damage              |
      | of an older version |
      | of a newer version  |

  @slow
  Scenario: An agent whose state files are damaged again and again knows its pods
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    When the agent of "n1" is killed, its state files are damaged and it starts, 40 times
    Then no two pods have an address in common
    And "a" reaches the world over TCP with IPv4, under its own address
    And "b" reaches the world over TCP with IPv6, under its own address
    And pods, cloud, kernel and reports of "n1" come to agree
    When the runtime deletes "a"
    Then it succeeds
    And pods, cloud, kernel and reports of "n1" come to agree
